# Bash: a variable that must be set is not.
set -eu

start() {
  echo "connecting to $PROVIDER_URL with ${PROVIDER_KEY:0:4}"
}

PROVIDER_URL=http://10.0.0.7/v1
echo starting
start
