# Sourced by the programs of this folder: reads the file that says what a host in AWS is.
# shellcheck shell=sh
# shellcheck disable=SC2034 # what is set here is used by the script that sources it
# Parsed, never sourced: nothing in it can run. README.md has the table of variables.

known='ROLE SITE REGION APP_KIND URL OTHER_URL DEV_URL TRUSTED_PROXIES PUBLIC_PATH HEALTH_PATH MEDIA_PATH TABLE_PREFIX'
known="$known SCHEMA DATABASE_HOST DATABASE_SECRET SALTS_SECRET SETTINGS_SECRET SETTINGS_VERSION DEV_FILES MEDIA_FILES"
known="$known RELEASE_BUCKET WORDPRESS LOCALE TITLE ADMIN_USER ADMIN_EMAIL ADMIN_SECRET ADMINISTRATOR_SECRET"
known="$known OPERATIONS_FILES TOPIC_ARN STATE_DIR RUN_DIR FILES_DIR WEB_USER NGINX PHP_FPM PHP NODE"

fail() {
  printf '%s: %s\n' "${0##*/}" "$2" >&2
  exit "$1"
}

say() {
  printf '%s: %s\n' "${0##*/}" "$1"
}

read_host() {
  host_file=$1
  if ! [ -f "$host_file" ] || ! [ -r "$host_file" ]; then
    fail 2 "$host_file is not a file that can be read."
  fi
  for name in $known; do unset "$name"; done
  number=0
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    case $line in
      '' | '#'*) continue ;;
      [A-Z]*=*) ;;
      *) fail 2 "$host_file, line $number: not of the form NAME=VALUE." ;;
    esac
    name=${line%%=*}
    case " $known " in
      *" $name "*) ;;
      *) fail 2 "$host_file, line $number: there is no variable $(printf '%s' "$name" | tr -cd 'A-Za-z0-9_')." ;;
    esac
    # The name is one of the list above, so this assigns and nothing else; the value is not evaluated.
    eval "$name=\${line#*=}"
  done <"$host_file"
  case ${ROLE-} in dev | prod | operations) ;; *) fail 2 "$host_file: ROLE must be dev, prod or operations." ;; esac
  case ${APP_KIND-} in wordpress | php) ;; *) fail 2 "$host_file: APP_KIND must be wordpress or php." ;; esac
  : "${SITE:?}" "${REGION:?}"
  : "${STATE_DIR=/var/lib/understudy}" "${RUN_DIR=/run/understudy}" "${FILES_DIR=/srv/understudy}"
  : "${WEB_USER=understudy-$ROLE}" "${NGINX=nginx}" "${PHP_FPM=php-fpm}" "${PHP=php}" "${NODE=node}"
}

# secret NAME: prints a secret. Its value goes through pipes and builtins only, never through an argument.
secret() {
  aws secretsmanager get-secret-value --region "$REGION" --secret-id "$1" --query SecretString --output text ||
    fail 1 "the secret $1 cannot be read."
}
