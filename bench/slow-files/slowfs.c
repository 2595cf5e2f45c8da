/*
 * slowfs BACKING MOUNTPOINT: a file system that passes everything on to BACKING, and waits like one on a network does:
 * 0.6 ms before each call that reads and 2.7 ms before each that writes, which is what Amazon EFS was measured at.
 * Calls wait side by side, as they do there. It stays in the foreground until it is unmounted or ended.
 *
 * cc -O2 slowfs.c -o slowfs $(pkg-config --cflags --libs fuse3)
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int backing;

static void wait_us(long microseconds) {
    struct timespec time = {0, microseconds * 1000};
    nanosleep(&time, NULL);
}
static void reads(void) { wait_us(600); }
static void writes(void) { wait_us(2700); }

/* Relative to BACKING: "/" is ".". */
static const char *below(const char *path) { return path[1] == '\0' ? "." : path + 1; }
static int outcome(int result) { return result == -1 ? -errno : 0; }

static int slow_getattr(const char *path, struct stat *stat, struct fuse_file_info *file) {
    reads();
    if (file) return outcome(fstat((int)file->fh, stat));
    return outcome(fstatat(backing, below(path), stat, AT_SYMLINK_NOFOLLOW));
}

static int slow_readlink(const char *path, char *target, size_t size) {
    reads();
    ssize_t length = readlinkat(backing, below(path), target, size - 1);
    if (length == -1) return -errno;
    target[length] = '\0';
    return 0;
}

static int slow_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
                        struct fuse_file_info *file, enum fuse_readdir_flags flags) {
    (void)offset, (void)file, (void)flags;
    reads();
    int fd = openat(backing, below(path), O_RDONLY | O_DIRECTORY);
    DIR *folder = fd == -1 ? NULL : fdopendir(fd);
    if (!folder) return -errno;
    for (struct dirent *entry; (entry = readdir(folder));) {
        struct stat stat = {.st_ino = entry->d_ino, .st_mode = DTTOIF(entry->d_type)};
        if (fill(buffer, entry->d_name, &stat, 0, 0)) break;
    }
    closedir(folder);
    return 0;
}

static int slow_open(const char *path, struct fuse_file_info *file) {
    if ((file->flags & O_ACCMODE) == O_RDONLY) reads();
    else writes();
    int fd = openat(backing, below(path), file->flags & ~O_NOFOLLOW);
    if (fd == -1) return -errno;
    file->fh = (uint64_t)fd;
    return 0;
}

static int slow_create(const char *path, mode_t mode, struct fuse_file_info *file) {
    writes();
    int fd = openat(backing, below(path), file->flags | O_CREAT, mode);
    if (fd == -1) return -errno;
    file->fh = (uint64_t)fd;
    return 0;
}

static int slow_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)path;
    reads();
    ssize_t count = pread((int)file->fh, buffer, size, offset);
    return count == -1 ? -errno : (int)count;
}

static int slow_write(const char *path, const char *buffer, size_t size, off_t offset, struct fuse_file_info *file) {
    (void)path;
    writes();
    ssize_t count = pwrite((int)file->fh, buffer, size, offset);
    return count == -1 ? -errno : (int)count;
}

static int slow_release(const char *path, struct fuse_file_info *file) {
    (void)path;
    close((int)file->fh);
    return 0;
}

static int slow_mkdir(const char *path, mode_t mode) {
    writes();
    return outcome(mkdirat(backing, below(path), mode));
}

static int slow_unlink(const char *path) {
    writes();
    return outcome(unlinkat(backing, below(path), 0));
}

static int slow_rmdir(const char *path) {
    writes();
    return outcome(unlinkat(backing, below(path), AT_REMOVEDIR));
}

static int slow_symlink(const char *target, const char *path) {
    writes();
    return outcome(symlinkat(target, backing, below(path)));
}

static int slow_rename(const char *from, const char *to, unsigned int flags) {
    writes();
    return outcome(renameat2(backing, below(from), backing, below(to), flags));
}

static int slow_chmod(const char *path, mode_t mode, struct fuse_file_info *file) {
    writes();
    return outcome(file ? fchmod((int)file->fh, mode) : fchmodat(backing, below(path), mode, 0));
}

static int slow_chown(const char *path, uid_t owner, gid_t group, struct fuse_file_info *file) {
    writes();
    if (file) return outcome(fchown((int)file->fh, owner, group));
    return outcome(fchownat(backing, below(path), owner, group, AT_SYMLINK_NOFOLLOW));
}

static int slow_truncate(const char *path, off_t size, struct fuse_file_info *file) {
    writes();
    if (file) return outcome(ftruncate((int)file->fh, size));
    int fd = openat(backing, below(path), O_WRONLY);
    if (fd == -1) return -errno;
    int result = outcome(ftruncate(fd, size));
    close(fd);
    return result;
}

static int slow_utimens(const char *path, const struct timespec times[2], struct fuse_file_info *file) {
    writes();
    if (file) return outcome(futimens((int)file->fh, times));
    return outcome(utimensat(backing, below(path), times, AT_SYMLINK_NOFOLLOW));
}

static void *slow_init(struct fuse_conn_info *connection, struct fuse_config *config) {
    /* Or listing a folder would bring along what each file in it has to be asked for. */
    connection->want &= ~(FUSE_CAP_READDIRPLUS | FUSE_CAP_READDIRPLUS_AUTO);
    config->use_ino = 1;
    return NULL;
}

static const struct fuse_operations operations = {
    .init = slow_init,         .getattr = slow_getattr,   .readlink = slow_readlink, .readdir = slow_readdir,
    .open = slow_open,         .create = slow_create,     .read = slow_read,         .write = slow_write,
    .release = slow_release,   .mkdir = slow_mkdir,       .unlink = slow_unlink,     .rmdir = slow_rmdir,
    .symlink = slow_symlink,   .rename = slow_rename,     .chmod = slow_chmod,       .chown = slow_chown,
    .truncate = slow_truncate, .utimens = slow_utimens,
};

int main(int count, char **values) {
    if (count != 3) {
        fprintf(stderr, "usage: slowfs BACKING MOUNTPOINT\n");
        return 2;
    }
    backing = open(values[1], O_RDONLY | O_DIRECTORY);
    if (backing == -1) {
        perror(values[1]);
        return 1;
    }
    umask(0);
    /* As many at once as anybody asks: a server far away is not busy while it is waited for. */
    char *arguments[] = {values[0], "-f", "-o", "max_threads=128,max_idle_threads=128,fsname=slowfs", values[2], NULL};
    return fuse_main(5, arguments, &operations, NULL);
}
