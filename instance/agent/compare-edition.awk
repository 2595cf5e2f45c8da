# Compares what lies in an edition with what it should consist of; ends with status 4 and names the differences.
# Read in this order: stage=installed, stage=found (find's type, mode, size, link target, path, tab separated).
# With $MODES set, wrong modes are no difference but are listed in $MODES.MODE, to be set.
function differ(path, why) {
  if (++differences <= 20) printf "%s: %s\n", path, why >"/dev/stderr"
}
BEGIN { FS = "\t"; modes = ENVIRON["MODES"] }
stage == "installed" { type[$6] = $1; mode[$6] = $2; size[$6] = $3; target[$6] = $4; next }
{ path = $5 "" }
path == "" { next }
path == "edition.php" && $1 == "f" { has_edition = 1; next }
NF != 5 || !(path in type) { differ(path, "does not belong to the release"); next }
{ seen[path] = 1 }
$1 != type[path] { differ(path, "is of another type"); next }
$1 == "l" { if ($4 != target[path]) differ(path, "is a link to another place"); next }
$1 == "f" && size[path] != "-" && $3 != size[path] { differ(path, "is " $3 " bytes long instead of " size[path]); next }
mode[path] != "-" && $2 != mode[path] {
  if (modes == "") differ(path, "has the mode " $2 " instead of " mode[path])
  else print path >(modes "." mode[path])
}
END {
  for (path in type) if (!(path in seen)) differ(path, "is missing")
  if (!has_edition) differ("edition.php", "is missing")
  if (differences > 20) printf "and %d more\n", differences - 20 >"/dev/stderr"
  if (differences) exit 4
}
