#!/bin/sh
# Installs the Debian packages that pawl is built and tested with, and nothing that is there already.
# usage: sh packaging/deps.sh build|test [--no-install]
# Exit codes: 0 all there, 1 apt failed, 2 wrong usage, 3 something is missing and may not or cannot be installed.
set -eu

build_packages='g++ cmake ninja-build pkgconf libcli11-dev libyaml-cpp-dev libsqlite3-dev libuv1-dev libspdlog-dev libfmt-dev
nlohmann-json3-dev libboost-dev libre2-dev libsodium-dev libcurl4-openssl-dev ca-certificates tzdata'
# One clang for the fuzzers and clang-tidy; Debian 13 has only the newer one.
test_packages='git catch2 ccache mold cppcheck shellcheck mandoc curl binutils zsh fish'
clang_of() { # VERSION_ID
    case $1 in 12) echo 16 ;; *) echo 19 ;; esac
}

usage() {
    echo "usage: sh packaging/deps.sh build|test [--no-install]" >&2
    exit 2
}

what=${1:-}
install=yes
case ${2:-} in '') ;; --no-install) install=no ;; *) usage ;; esac

os_release() { # KEY
    [ ! -r /etc/os-release ] || sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" /etc/os-release
}
id=$(os_release ID)
id_like=$(os_release ID_LIKE)
version=$(os_release VERSION_ID)
case $what in
    build) wanted=$build_packages ;;
    test)
        clang=$(clang_of "$version")
        wanted="$build_packages $test_packages clang-$clang libclang-rt-$clang-dev clang-tidy-$clang"
        # CEL's public suite is an npm package, and asks for zones by their old names; any node will do.
        command -v npm >/dev/null 2>&1 || wanted="$wanted nodejs npm"
        [ "$version" = 12 ] || wanted="$wanted tzdata-legacy" ;;
    *) usage ;;
esac
wanted=$(echo "$wanted" | tr '\n' ' ')

case " $id $id_like " in
    *' debian '*) ;;
    *)
        echo "This is not a Debian system; pawl needs what these packages of Debian 12 hold:" >&2
        echo "  $wanted" >&2
        exit 3 ;;
esac

missing_packages() {
    missing=''
    for package in $wanted; do
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || state=''
        # dpkg-query prints one word an architecture
        case $state in installed*) ;; *) missing="$missing $package" ;; esac
    done
}

# Fresh lists only when apt has never heard of a package: the usual call needs no index.
apt_line="apt-get install -y --no-install-recommends"
install_as() { # prefix command, may be empty
    for package in $missing; do
        if ! apt-cache show "$package" >/dev/null 2>&1; then
            $1 apt-get update -q || return 1
            break
        fi
    done
    # shellcheck disable=SC2086  # words are wanted here
    $1 env DEBIAN_FRONTEND=noninteractive $apt_line $missing && return 0
    $1 apt-get update -q || return 1  # the lists were stale
    # shellcheck disable=SC2086
    $1 env DEBIAN_FRONTEND=noninteractive $apt_line $missing
}

missing_packages
[ -n "$missing" ] || exit 0
echo "$apt_line$missing"
[ "$install" = yes ] || { echo "These packages are missing, and --no-install was given." >&2; exit 3; }

if [ "$(id -u)" = 0 ]; then
    install_as '' || exit 1
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    install_as 'sudo -n' || exit 1
elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
    echo "The packages above are installed through sudo, which may ask for your password."
    install_as sudo || exit 1
else
    echo "These packages are missing, and this is neither root nor an account with sudo. Run the line above as root, then try again." >&2
    exit 3
fi
missing_packages
[ -z "$missing" ] || { echo "still missing:$missing" >&2; exit 1; }
