# Reads a manifest and ends with status 4 at the first line that is not of the format, naming it.
# File names are input that nobody vouches for: after this, a path is relative, stays below the edition, has no
# control characters, occurs once, and has no file or link as its parent.
function refuse(why) {
  printf "line %d: %s\n", FNR, why >"/dev/stderr"
  refused = 1
  exit 4
}
function is_number(text) { return text ~ /^(0|[1-9][0-9]*)$/ && length(text) <= 15 }
function is_inside(path) {
  return path != "" && ("/" path "/") !~ /\/(\/|\.\/|\.\.\/)/
}
function parent_of(path) {
  return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : ""
}
BEGIN { FS = "\t" }
FNR == 1 {
  if ($0 != "understudy-manifest 1") refuse("it does not begin with `understudy-manifest 1`")
  next
}
{
  if (NF != 6) refuse("it has " NF " fields instead of 6")
  type = $1; mode = $2; size = $3; hash = $4; pack = $5; path = $6 ""
  if (type !~ /^[fld]$/) refuse("there is no type " type)
  if ($0 ~ /[\001-\010\013-\037\177]/) refuse("it has a control character")
  if (!is_inside(path)) refuse("the path leads outside: " path)
  if (FNR > 2 && path <= last) refuse("it is not in order, or is there twice: " path)
  last = path
  if (type != "l" && mode !~ /^[0-7][0-7][0-7]$/) refuse("the mode is not like 644: " path)
  if (type == "f") {
    if (!is_number(size)) refuse("the size is not a number: " path)
    if (length(hash) != 64 || hash !~ /^[0-9a-f]+$/) refuse("the hash is not SHA-256: " path)
    if (!is_number(pack)) refuse("the pack is not a number: " path)
  } else if (pack != "-") refuse("only files come from a pack: " path)
  if (type == "l" && (hash == "" || hash ~ /^\//)) refuse("the link does not lead to a place inside: " path)
  for (above = parent_of(path); above != ""; above = parent_of(above))
    if (above in leaf) refuse("its parent is not a directory: " path)
  if (type != "d") leaf[path] = 1
}
END {
  if (refused) exit 4
  if (NR == 0) refuse("it is empty")
}
