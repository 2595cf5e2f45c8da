# Decides how each path of an edition comes about, and writes the lists into $LISTS:
#   directories  one a line
#   link         files and links that the previous edition has unchanged: hard-linked
#   pack.N       files that pack N holds
#   links        TARGET, tab, PATH of symbolic links to make
#   extracted    the rows of the manifest that packs are needed for
#   installed    what the finished edition consists of, in the manifest's columns; `-` is not compared, and PACK is
#                `+` for what does not come from the release and so is never linked from
#   laid         files that the configuration lays over the release
#   totals       bytes to extract, files to extract
# Read in this order: stage=overlay (TYPE, tab, PATH), stage=previous (its `installed`), stage=release (a manifest).
function parent_of(path) {
  return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : ""
}
function need_parents(path,    above) {
  for (above = parent_of(path); above != "" && !(above in directory); above = parent_of(above)) directory[above] = 755
}
function is_shadowed(path) {
  return path == "edition.php" || path in laid || (media != "" && index(path "/", media "/") == 1)
}
BEGIN {
  FS = "\t"
  lists = ENVIRON["LISTS"] "/"
  media = ENVIRON["MEDIA_LINK"]
  if (media != "") need_parents(media)
}
stage == "overlay" {
  if ($1 == "d") { directory[$2] = 755; need_parents($2) }
  else { laid[$2] = 1; need_parents($2); print $2 >(lists "laid") }
  next
}
stage == "previous" {
  if ($5 != "+" && $1 != "d") before[$6] = $1 FS $2 FS $3 FS $4
  next
}
FNR == 1 { next }
{ path = $6 "" }
$1 != "d" && path in directory {
  printf "%s: the release has a file where the configuration needs a directory\n", path >"/dev/stderr"
  refused = 1
  exit 4
}
$1 == "d" && path in laid {
  printf "%s: the release has a directory where the configuration has a file\n", path >"/dev/stderr"
  refused = 1
  exit 4
}
is_shadowed(path) { next }
{ need_parents(path) }
$1 == "d" { directory[path] = $2; next }
{ print >(lists "installed") }
(path in before) && before[path] == $1 FS $2 FS $3 FS $4 { print path >(lists "link"); next }
$1 == "l" { print $4 "\t" path >(lists "links"); next }
{
  print path >(lists "pack." $5)
  print >(lists "extracted")
  bytes += $3
  files++
}
END {
  if (refused) exit 4
  for (path in directory) {
    print path >(lists "directories")
    print "d\t" directory[path] "\t-\t-\t-\t" path >(lists "installed")
  }
  if (media != "") print "l\t-\t-\t" ENVIRON["MEDIA_DIR"] "\t+\t" media >(lists "installed")
  printf "%.0f %d\n", bytes, files >(lists "totals")
}
