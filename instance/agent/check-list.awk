# Turns rows of a manifest into what `sha256sum --check` reads; reads files' rows only.
BEGIN { FS = "\t" }
$1 != "f" { next }
!index($6, "\\") { print $4 "  ./" $6; next }
{
  # sha256sum marks a line whose name has backslashes with one at the front, and doubles them.
  escaped = ""
  rest = $6
  while ((at = index(rest, "\\")) > 0) {
    escaped = escaped substr(rest, 1, at) "\\"
    rest = substr(rest, at + 1)
  }
  print "\\" $4 "  ./" escaped rest
}
