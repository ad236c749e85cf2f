#!/usr/bin/env bash
# Measures whodunit beside ripgrep, wc and grep on the same generated logs, and prints a table in Markdown.
#
#   benches/compare.sh > table.md
#   SIZE=256MiB ROUNDS=3 KINDS="plain dense" benches/compare.sh
#
# SIZE     size of each log                              (1GiB)
# ROUNDS   measurements of each program; odd is best     (5)
# KINDS    which logs                                    (plain requests incident dense distinct)
# EXTRAS   further rows                                  (gzip paste threads twice rules; `none` for none)
# TARGETS  ratios to show beside those measured          (none), for example TARGETS="plain=1.5 gzip=1"
# LOGS     where logs are kept between runs              (target/bench-logs)
# WHODUNIT the program to measure                        (target/release/whodunit, which is built first)
# RG       ripgrep                                       (rg on the PATH, else installed below target/tools)
#
# The programs take turns, so that a busy minute troubles all of them. Times are medians of the wall clock with a warm page cache.
# Peak memory is whodunit's, the most of all rounds; below 12 MiB it may be that of the helper which starts the programs.
# Delete LOGS when the generator has changed.
set -euo pipefail
cd "$(dirname "$0")/.."

SIZE=${SIZE:-1GiB}
ROUNDS=${ROUNDS:-5}
KINDS=${KINDS:-plain requests incident dense distinct}
EXTRAS=${EXTRAS:-gzip paste threads twice rules}
TARGETS=${TARGETS:-}
LOGS=${LOGS:-target/bench-logs}
WORDS='error|exception|traceback|unauthorized|denied'

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$LOGS"

say() { printf '%s\n' "$*" >&2; }

# ---- programs ----

if [[ -z ${WHODUNIT:-} ]]; then
  cargo build --release --bin whodunit >&2
  WHODUNIT=target/release/whodunit
fi
if [[ -z ${RG:-} ]]; then
  RG=$(type -P rg || true)
fi
if [[ -z $RG ]]; then
  RG=target/tools/bin/rg
  [[ -x $RG ]] || cargo install --quiet ripgrep --root target/tools >&2
fi

# ---- logs ----

# Twice a size such as 256MiB.
double() { printf '%s%s' "$((2 * ${1%%[!0-9]*}))" "${1##*[0-9]}"; }

# The log of a kind and size, made if it is not there.
log_of() {
  local path=$LOGS/$1-$2.log
  if [[ ! -s $path ]]; then
    say "making $path"
    [[ -n ${made:-} ]] || cargo build --release --example make_logs >&2
    made=yes
    target/release/examples/make_logs --kind "$1" --size "$2" > "$path.part"
    mv "$path.part" "$path"
  fi
  log=$path
}

# ---- measuring ----

# Runs a command and prints its seconds and its peak in MiB. Its output goes to a file: grep stops at the first match if nobody reads on.
cat > "$scratch/run.py" <<'PYTHON'
import os, sys, time
out = os.path.join(os.path.dirname(sys.argv[0]), "out")
flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
started = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ,
                      file_actions=[(os.POSIX_SPAWN_OPEN, 1, out, flags, 0o600),
                                    (os.POSIX_SPAWN_DUP2, 1, 2)])
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - started
code = os.waitstatus_to_exitcode(status)
if code == 3:
    print(f"a bound was reached, the report says so: {' '.join(sys.argv[1:])}", file=sys.stderr)
elif code not in (0, 1):
    sys.exit(f"exit code {code}: {' '.join(sys.argv[1:])}")
print(f"{seconds:.4f} {usage.ru_maxrss / 1024:.0f}")
PYTHON
python=$(python3 -c 'import sys; print(sys.executable)')

# run NAME COMMAND...: one measurement under a name.
run() {
  local name=$1
  shift
  "$python" "$scratch/run.py" "$@" >> "$scratch/$name"
}

# The middle time, and the greatest peak, of what was measured under a name.
median() { cut -d' ' -f1 "$scratch/$1" | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
peak() { cut -d' ' -f2 "$scratch/$1" | sort -n | tail -1; }
target() {
  local pair
  for pair in $TARGETS; do
    [[ ${pair%%=*} != "$1" ]] || printf '%s' "${pair#*=}"
  done
}

# row NAME LABEL OURS THEIRS [WC GREP]: a row of the table from what was measured under these names.
row() {
  local name=$1 label=$2 ours=$3 theirs=$4 wc=- grep=-
  [[ -z ${5:-} ]] || wc=$(median "$5")
  [[ -z ${6:-} ]] || grep=$(median "$6")
  awk -v label="$label" -v ours="$(median "$ours")" -v theirs="$(median "$theirs")" -v goal="$(target "$name")" \
    -v wc="$wc" -v grep="$grep" -v peak="$(peak "$ours")" 'BEGIN {
      if (goal == "") goal = "-"
      if (wc != "-") wc = sprintf("%.2f", wc)
      if (grep != "-") grep = sprintf("%.2f", grep)
      printf "| %s | %.3f | %.3f | %.2f | %s | %s | %s | %s |\n", label, ours, theirs, ours / theirs, goal, wc, grep, peak }'
}

# Turns of `whodunit` and of a command it is compared with: turns NAME OURS... -- THEIRS...
turns() {
  local name=$1 ours=()
  shift
  while [[ $1 != -- ]]; do
    ours+=("$1")
    shift
  done
  shift
  for _ in $(seq "$ROUNDS"); do
    run "$name-ours" "${ours[@]}"
    run "$name-theirs" "$@"
  done
}

# ---- the table ----

printf '%s each, %s rounds, %s cores\n\n' "$SIZE" "$ROUNDS" "$(nproc)"
printf '| kind | whodunit s | R s | ratio | target | wc -l s | grep s | peak MiB |\n|---|---|---|---|---|---|---|---|\n'

for kind in $KINDS; do
  log_of "$kind" "$SIZE"
  cat "$log" > /dev/null
  for _ in $(seq "$ROUNDS"); do
    run "$kind-ours" "$WHODUNIT" "$log"
    run "$kind-theirs" "$RG" -c -i "$WORDS" "$log"
    run "$kind-wc" wc -l "$log"
    run "$kind-grep" env LC_ALL=C grep -c -i -E "$WORDS" "$log"
  done
  row "$kind" "$kind" "$kind-ours" "$kind-theirs" "$kind-wc" "$kind-grep"
done

for extra in $EXTRAS; do
  case $extra in
    none) ;;
    gzip)
      log_of incident "$SIZE"
      [[ -s $log.gz ]] || gzip -kf "$log"
      printf 'gzip -dc "%s" | "%s" -c -i "%s"\n' "$log.gz" "$RG" "$WORDS" > "$scratch/gzip-rg.sh"
      turns gzip "$WHODUNIT" "$log.gz" -- bash "$scratch/gzip-rg.sh"
      row gzip 'incident, gzip; R: gzip -dc into rg' gzip-ours gzip-theirs
      ;;
    paste)
      log_of dense "$SIZE"
      head -n 30 "$log" > "$scratch/paste.log"
      for _ in 1 2 3 4 5; do
        turns paste "$WHODUNIT" "$scratch/paste.log" -- "$RG" -c -i "$WORDS" "$scratch/paste.log"
      done
      row paste '30 lines, process start included' paste-ours paste-theirs
      ;;
    threads)
      log_of plain "$SIZE"
      turns threads "$WHODUNIT" --threads 2 "$log" -- "$WHODUNIT" --threads 1 "$log"
      row threads 'plain, 2 threads; R: 1 thread' threads-ours threads-theirs
      ;;
    twice)
      for kind in $KINDS; do
        log_of "$kind" "$SIZE"
        once=$log
        log_of "$kind" "$(double "$SIZE")"
        turns "twice-$kind" "$WHODUNIT" "$log" -- "$WHODUNIT" "$once"
        row twice "$kind, twice the bytes; R: once" "twice-$kind-ours" "twice-$kind-theirs"
      done
      ;;
    rules)
      log_of plain "$SIZE"
      # Nine new signals for each that is built in, each with a literal of its own.
      mkdir -p "$scratch/rules/signals"
      number=$((9 * $("$WHODUNIT" rules list signals | wc -l)))
      for ((at = 0; at < number; at++)); do
        printf '[[signal]]\nid = "generated-%d"\nsays = "it is number %d"\n' "$at" "$at"
        printf "match = ['''generated failure [%%#]%05d (?:of|in) \\S+''']\n" "$at"
        printf 'literals = ["generated failure %%%05d", "generated failure #%05d"]\n' "$at" "$at"
        printf 'shows = ["null-deref"]\nsymptom = "null-dereference"\nconfidence = "docs"\n'
        printf "examples = ['''generated failure #%05d of it''']\n\n" "$at"
      done > "$scratch/rules/signals/generated.toml"
      turns rules "$WHODUNIT" --rules "$scratch/rules" "$log" -- "$WHODUNIT" "$log"
      row rules 'plain, ten times the rules; R: built in' rules-ours rules-theirs
      ;;
    *)
      say "no row is called $extra"
      exit 2
      ;;
  esac
done
