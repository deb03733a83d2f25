#!/bin/sh
# Starts the service on port 8000 and the gateway in front of it; Ctrl-C ends both.
#
#   ./run.sh [forward|bridge|<a configuration of your own>.yaml]
#
# PYTHON names an interpreter that has the packages of requirements.txt; without it, .venv here is made and used.
# TASKS_PORT moves the service; the configuration then has to name the same port.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
case "${1:-forward}" in
  *.yaml) config=$1 ;;
  *) config=$here/${1:-forward}.yaml ;;
esac
if [ ! -f "$config" ]; then
  echo "There is no $config. Usage: $0 [forward|bridge|<file>.yaml]" >&2
  exit 2
fi
if [ ! -x "$root/node_modules/.bin/node" ]; then
  echo "Run this first: npm ci" >&2
  exit 2
fi
if [ -z "${PYTHON:-}" ]; then
  PYTHON=$here/.venv/bin/python
  if [ ! -x "$PYTHON" ]; then
    echo "Making a Python environment in $here/.venv; this takes a minute."
    python3 -m venv "$here/.venv"
    "$PYTHON" -m pip install --disable-pip-version-check --quiet -r "$here/requirements.txt" ||
      { rm -rf "$here/.venv"; exit 1; }
  fi
fi

port=${TASKS_PORT:-8000}
service= gateway=
end() {
  trap - EXIT INT TERM HUP
  for pid in $gateway $service; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in $gateway $service; do wait "$pid" 2>/dev/null || true; done
}
trap end EXIT
trap 'exit 0' INT TERM HUP

# Links that the service hands out, such as where to upload a file, lead through the gateway.
TASKS_PUBLIC_URL=${TASKS_PUBLIC_URL:-http://localhost:8080} \
  "$PYTHON" -m uvicorn --app-dir "$here" app:app --port "$port" --timeout-graceful-shutdown 3 &
service=$!
attempts=0
until "$PYTHON" -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=2)" 2>/dev/null; do
  attempts=$((attempts + 1))
  if [ "$attempts" -gt 60 ] || ! kill -0 "$service" 2>/dev/null; then
    echo "The service did not start." >&2
    exit 1
  fi
  sleep 0.5
done

"$root/node_modules/.bin/node" "$root/src/main.ts" start --config "$config" &
gateway=$!
echo "Sign in as ada with ada-password, or as grace with grace-password."
wait "$gateway"
