# Bash: a tool is not installed; the trap says where, and the script ends.
set -Eeuo pipefail
trap 'echo "deploy failed at line $LINENO: $BASH_COMMAND" >&2' ERR

migrate() {
  acme-migrate --to latest
}

echo migrating
migrate
