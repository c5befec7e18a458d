# Shared by the scripts: where we are, steps with their time, one clear line when something is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export FLASK_APP=wsgi PYTHONDONTWRITEBYTECODE=${PYTHONDONTWRITEBYTECODE-1}
INSTANCE_DIR=${INSTANCE_DIR:-$ROOT/instance}
export INSTANCE_DIR
VENV=$ROOT/.venv
BIN=$VENV/bin

step() { # step NAME COMMAND...: run it quietly, print name and seconds; on failure print what it said
  local name=$1 start=$SECONDS log status=0
  shift
  log=$(mktemp)
  printf '%-46s' "$name"
  # Not `"$@" || status=$?`: that would switch errexit off inside the command, and a failed install would pass.
  set +e
  (set -e && "$@") >"$log" 2>&1
  status=$?
  set -e
  if ((status)); then
    printf 'failed after %ss\n' $((SECONDS - start))
    cat "$log" >&2
  else
    printf '%ss\n' $((SECONDS - start))
  fi
  rm -f "$log"
  return "$status"
}

shown() { # shown NAME COMMAND...: the same, with the command's own output
  local name=$1 start=$SECONDS status=0
  shift
  printf -- '-- %s\n' "$name"
  "$@" || status=$?
  printf -- '-- %s: %ss%s\n' "$name" $((SECONDS - start)) "$( ((status)) && echo ', FAILED' || true)"
  return "$status"
}
