#!/bin/sh
# What `make setup` does: sh requirements/install.sh VENV REQUIREMENTS STAMP
# Finds Python 3.11 or 3.12 (PYTHON=... names another), makes VENV, installs exactly REQUIREMENTS, leaves STAMP.
set -eu
venv=$1 requirements=$2 stamp=$3
log=$venv/setup.log
needed_kb=5000000

fail() { printf '%s\n' "$@" >&2; exit 1; }

# 0: good; 3: another version; 4: right version, without what makes a virtual environment
try() {
    "$1" -c 'import sys
sys.exit(0 if (3, 11) <= sys.version_info[:2] <= (int(sys.argv[1]), int(sys.argv[2])) else 3)' $newest 2>/dev/null || return 3
    "$1" -c 'import ensurepip, venv' 2>/dev/null || return 4
}

find_python() {
    bare=
    for python in ${PYTHON:-python3.11 python3.12 python3 /usr/bin/python3.11 /usr/bin/python3.12 /usr/local/bin/python3}; do
        try "$python" && return 0
        [ $? -eq 4 ] && bare=$python
    done
    [ -z "$bare" ] || fail "$bare can't make a virtual environment: its venv and ensurepip modules are missing." \
        "Install them (Debian, Ubuntu: apt-get install $(basename "$bare")-venv), or name another Python: make setup PYTHON=/path/to/python3.11" \
        "파이썬 가상 환경 모듈(venv, ensurepip)이 없습니다. 위와 같이 설치한 뒤 다시 실행하세요."
    fail "Python 3.11 or 3.12 was not found (looked for: ${PYTHON:-python3.11, python3.12, python3})." \
        "Install one (Debian, Ubuntu: apt-get install python3.11 python3.11-venv), or name it: make setup PYTHON=/path/to/python3.11" \
        "A newer Python works with a Redis of your own: make demo PYTHON=python3.13 REDIS_URL=redis://127.0.0.1:6379/0" \
        "파이썬 3.11 또는 3.12가 필요합니다. 설치한 뒤 다시 실행하거나 PYTHON=경로 로 알려 주세요."
}

check_disk() {
    free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -ge "$needed_kb" ] || fail "Only $((free_kb / 1000)) MB are free here; the installation needs $((needed_kb / 1000)) MB." \
        "Make room and run it again." "디스크 공간이 부족합니다. 공간을 확보한 뒤 다시 실행하세요."
}

# A virtual environment that is broken, or holds the other build of TensorFlow, is made anew.
make_venv() {
    for other in "$venv"/.installed-*; do
        [ ! -e "$other" ] || [ "$other" = "$stamp" ] || rm -rf "$venv"
    done
    "$venv/bin/python" -c 'import pip' 2>/dev/null && return 0
    find_python
    echo "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
}

install() {
    total=$(grep -c '==' "$requirements")
    echo "Installing the $total packages of $requirements (some minutes; what pip says is in $log) ..."
    "$venv/bin/python" -m pip install --no-deps --require-hashes --only-binary :all: --no-input --progress-bar off \
        --disable-pip-version-check -r "$requirements" >"$log" 2>&1 &
    pip=$!
    trap 'kill $pip 2>/dev/null; exit 130' INT TERM HUP
    while kill -0 $pip 2>/dev/null; do
        sleep 2
        [ ! -t 1 ] || printf '\r  %s of %s ' "$(grep -cE '^(Collecting|Requirement already|Ignoring)' "$log" || true)" "$total"
    done
    [ ! -t 1 ] || echo
    wait $pip || fail "$(tail -n 15 "$log")" "" "The installation failed; the lines above are the end of $log." \
        "The first start needs a network that reaches a Python package index. Mend what is named above and run it again." \
        "설치에 실패했습니다. 위 기록을 확인한 뒤 다시 실행하세요."
}

newest="3 12"
[ -z "${REDIS_URL:-}" ] || newest="3 13"
if [ ! -e "$stamp" ]; then check_disk; fi
make_venv
install
touch "$stamp"
echo "Done: $venv"
