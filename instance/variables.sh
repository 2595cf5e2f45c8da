# Sourced by boot and release-agent: reads the file that describes one web instance and checks every value.
# shellcheck shell=sh
# shellcheck disable=SC2034 # what is set here is used by the script that sources it
# The file is parsed, never sourced, so nothing in it can run. README.md has the table of variables.

LC_ALL=C
export LC_ALL
umask 022

known='INSTANCE_ID ENVIRONMENT ADDRESS PORT PREVIEW_PORT ROOT RUN_DIR WEB_USER WEB_GROUP APP_KIND DOCUMENT_ROOT'
known="$known CONFIG_DIR MEDIA_DIR MEDIA_PATH PUBLIC_PATH HEALTH_PATH DEV_URL TRUSTED_PROXIES CACHE_MAX_SIZE"
known="$known NGINX NGINX_WORKERS PHP_FPM PHP_WORKERS PAGE_LOGS OWN_DISK"

# fail STATUS MESSAGE: says what is wrong and ends.
fail() {
  printf '%s: %s\n' "${0##*/}" "$2" >&2
  exit "$1"
}

# invalid NAME WHAT-IS-RIGHT: names the variable and shows its value, without characters that a terminal would obey.
invalid() {
  eval "shown=\${$1-}"
  shown=$(printf '%s' "$shown" | tr -d '\000-\037\177')
  fail 2 "$env_file: $1 is \"$shown\": it must be $2."
}

read_variables() {
  env_file=$1
  if ! [ -f "$env_file" ] || ! [ -r "$env_file" ]; then
    fail 2 "$env_file is not a file that can be read."
  fi
  # Only the file counts: an instance must not depend on who starts it.
  for name in $known; do unset "$name"; done
  number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '' | '#'*) continue ;;
      [A-Z]*=*) ;;
      *) fail 2 "$env_file, line $number: not of the form NAME=VALUE." ;;
    esac
    name=${line%%=*}
    case " $known " in
      *" $name "*) ;;
      *) fail 2 "$env_file, line $number: there is no variable $(printf '%s' "$name" | tr -cd 'A-Za-z0-9_')." ;;
    esac
    # The name is one of the list above, so this assigns and nothing else; the value is not evaluated.
    eval "$name=\${line#*=}"
  done <"$env_file"
  check_identity
  check_places
  check_settings
}

check_identity() {
  case ${INSTANCE_ID-} in
    '' | *[!a-z0-9-]* | -*) invalid INSTANCE_ID 'lower-case letters, digits and hyphens, such as prod-1' ;;
  esac
  case ${ENVIRONMENT-} in dev | prod) ;; *) invalid ENVIRONMENT 'dev or prod' ;; esac
  case ${APP_KIND-} in wordpress | php) ;; *) invalid APP_KIND 'wordpress or php' ;; esac
  case ${ADDRESS-} in
    *.*.*.*.* | *[!0-9.]*) invalid ADDRESS 'an IPv4 address' ;;
    [0-9]*.[0-9]*.[0-9]*.[0-9]*) ;;
    *) invalid ADDRESS 'an IPv4 address' ;;
  esac
  : "${PORT=8080}" "${PREVIEW_PORT=8081}"
  is_port PORT "$PORT"
  is_port PREVIEW_PORT "$PREVIEW_PORT"
  [ "$PORT" != "$PREVIEW_PORT" ] || invalid PREVIEW_PORT 'another port than PORT'
  id -u "${WEB_USER:-:}" >/dev/null 2>&1 || invalid WEB_USER 'an account of this machine'
  : "${WEB_GROUP=$(id -gn "$WEB_USER")}"
  getent group "${WEB_GROUP:-:}" >/dev/null 2>&1 || invalid WEB_GROUP 'a group of this machine'
  if [ "$(id -u)" = 0 ]; then
    [ "$(id -u "$WEB_USER")" != 0 ] || invalid WEB_USER 'an account other than root'
  elif [ "$(id -u "$WEB_USER")" != "$(id -u)" ]; then
    invalid WEB_USER "$(id -un), since only root can start servers as somebody else"
  fi
}

check_places() {
  is_path ROOT
  is_path RUN_DIR
  # A Unix socket's path has 108 bytes, and the longest name in RUN_DIR takes 14 of them.
  [ ${#RUN_DIR} -le 90 ] || invalid RUN_DIR 'at most 90 bytes long, since sockets lie in it'
  : "${PUBLIC_PATH=}" "${MEDIA_DIR=}" "${CONFIG_DIR=}" "${DOCUMENT_ROOT=}"
  case $APP_KIND in wordpress) : "${MEDIA_PATH=wp-content/uploads}" ;; php) : "${MEDIA_PATH=}" ;; esac
  [ -z "$PUBLIC_PATH" ] || is_relative PUBLIC_PATH "$PUBLIC_PATH"
  [ -z "$MEDIA_PATH" ] || is_relative MEDIA_PATH "$MEDIA_PATH"
  if [ "$ENVIRONMENT" = dev ]; then
    is_path DOCUMENT_ROOT
    [ -z "$CONFIG_DIR" ] || invalid CONFIG_DIR 'left out in dev, where the document root has its configuration already'
    [ -z "$MEDIA_DIR" ] || invalid MEDIA_DIR 'left out in dev, where media lies in the document root'
  else
    [ -z "$DOCUMENT_ROOT" ] || invalid DOCUMENT_ROOT 'left out in prod, which serves editions'
    is_path CONFIG_DIR
    if [ -n "$MEDIA_DIR" ]; then
      is_path MEDIA_DIR
      [ -n "$MEDIA_PATH" ] || invalid MEDIA_PATH 'given, since MEDIA_DIR is'
    fi
  fi
}

check_settings() {
  : "${HEALTH_PATH=/}" "${DEV_URL=}" "${TRUSTED_PROXIES=}" "${CACHE_MAX_SIZE=512m}"
  : "${NGINX=nginx}" "${NGINX_WORKERS=2}" "${PHP_FPM=php-fpm}" "${PHP_WORKERS=8}" "${PAGE_LOGS=}" "${OWN_DISK=}"
  case $OWN_DISK in '' | yes) ;; *) invalid OWN_DISK 'yes, or left out' ;; esac
  case $ENVIRONMENT$PAGE_LOGS in dev | prod | prodyes) ;; *) invalid PAGE_LOGS 'yes, in prod, or left out' ;; esac
  case $HEALTH_PATH in
    /*[!A-Za-z0-9._~/-]* | [!/]* | '') invalid HEALTH_PATH 'a path such as /health, without query' ;;
  esac
  case $DEV_URL in
    '') [ "$ENVIRONMENT" = dev ] || invalid DEV_URL "dev's address, such as https://dev.example.com/" ;;
    *[!A-Za-z0-9.:/_~-]*) invalid DEV_URL "dev's address, such as https://dev.example.com/" ;;
    http://?* | https://?*) ;;
    *) invalid DEV_URL "dev's address, such as https://dev.example.com/" ;;
  esac
  for proxy in $TRUSTED_PROXIES; do
    case $proxy in
      *[!0-9./]* | *.*.*.*.* | */*/*) invalid TRUSTED_PROXIES 'IPv4 addresses or networks, separated by spaces' ;;
      [0-9]*.[0-9]*.[0-9]*.[0-9]*) ;;
      *) invalid TRUSTED_PROXIES 'IPv4 addresses or networks, separated by spaces' ;;
    esac
  done
  case $CACHE_MAX_SIZE in
    *[!0-9]*[kmg] | 0* | [!0-9]*) invalid CACHE_MAX_SIZE 'a size such as 512m' ;;
    *[0-9][kmg]) ;;
    *) invalid CACHE_MAX_SIZE 'a size such as 512m' ;;
  esac
  is_count NGINX_WORKERS "$NGINX_WORKERS" 64
  is_count PHP_WORKERS "$PHP_WORKERS" 1000
  [ "$PHP_WORKERS" -ge 2 ] || invalid PHP_WORKERS 'at least 2'
  is_program NGINX "$NGINX"
  is_program PHP_FPM "$PHP_FPM"
}

is_count() {
  case $2 in '' | *[!0-9]* | 0* | ??????*) invalid "$1" "a number from 1 to $3" ;; esac
  [ "$2" -le "$3" ] || invalid "$1" "a number from 1 to $3"
}

is_port() {
  is_count "$1" "$2" 65535
}

is_program() {
  has_only_plain_characters "$1" "$2"
  command -v "$2" >/dev/null 2>&1 || invalid "$1" 'a program that is on this machine'
}

is_path() {
  value=
  eval "value=\${$1-}"
  case $value in
    */../* | */.. | */./* | */. | *//* | ?*/ | /) invalid "$1" 'an absolute path without . or .. and without a slash at the end' ;;
    /*) has_only_plain_characters "$1" "$value" ;;
    *) invalid "$1" 'an absolute path' ;;
  esac
}

is_relative() {
  case /$2/ in
    *//* | */../* | */./*) invalid "$1" 'a path below the release, without leading slash and without ..' ;;
  esac
  has_only_plain_characters "$1" "$2"
}

# These have a meaning to nginx, PHP's ini files, the shell or a file pattern, and some cannot be quoted there.
has_only_plain_characters() {
  case $2 in
    *[[:cntrl:]]* | *[\"\'\\\$\`\*\?\[\]{}\;#:\<\>\|\&%]*)
      invalid "$1" 'free of control characters and of " '\'' \ $ ` * ? [ ] { } ; # : < > | & %'
      ;;
  esac
}
