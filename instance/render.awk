# Renders a template: @NAME@ is replaced by the environment variable NAME, literally; lines between
# `#if WORD` and `#end` stay only if WORD is among the words of $RENDER_WORDS. Blocks may be nested.
# A name that has no variable is an error, so that a typing mistake never reaches a server.
BEGIN {
  count = split(ENVIRON["RENDER_WORDS"], list, " ")
  for (i = 1; i <= count; i++) words[list[i]] = 1
  depth = 0
  shown[0] = 1
}
/^[ ]*#if / { shown[depth + 1] = shown[depth] && ($2 in words); depth++; next }
/^[ ]*#end$/ { depth--; next }
!shown[depth] { next }
{
  rest = $0
  line = ""
  while (match(rest, /@[A-Z][A-Z_]*@/)) {
    name = substr(rest, RSTART + 1, RLENGTH - 2)
    if (!(name in ENVIRON)) {
      printf "%s: there is no variable %s\n", FILENAME, name >"/dev/stderr"
      exit 1
    }
    line = line substr(rest, 1, RSTART - 1) ENVIRON[name]
    rest = substr(rest, RSTART + RLENGTH)
  }
  print line rest
}
