/**
 * What programs of a host in AWS ask of the command line tool `aws`, as a script: `s3 cp` out of a bucket, and a value
 * out of Secrets Manager. Calls go to AWS_ENDPOINT_URL, signed with nothing but the service's name.
 */
export const awsProgram = `
ask() {
  service=$1; shift
  /usr/bin/curl -sf -H "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/eu-central-1/$service/aws4_request" "$@"
}
case "$1 $2" in
  's3 cp') # --region R --only-show-errors s3://BUCKET/KEY FILE; FILE may be -
    ask s3 -o "$7" "$AWS_ENDPOINT_URL/\${6#s3://}" ;;
  'secretsmanager get-secret-value') # --region R --secret-id NAME --query SecretString --output text
    printf '{"SecretId":"%s"}' "$6" |
      ask secretsmanager -H 'X-Amz-Target: secretsmanager.GetSecretValue' --data-binary @- "$AWS_ENDPOINT_URL/" |
      php8.2 -r 'echo json_decode(stream_get_contents(STDIN), true)["SecretString"] ?? exit(254), "\\n";' ;;
  *) exit 2 ;;
esac`;
