# To be sourced. Installs what a target needs where that can be done, and says
# what is missing elsewhere.

# need PURPOSE PACKAGE... -- CHECK...
# Succeeds if the command CHECK does. Where it fails, the Debian packages are
# installed, on Debian and Ubuntu if we are root or sudo asks for no password,
# and CHECK is tried once more.
need() {
	local purpose=$1 packages=()
	shift
	while [[ $1 != -- ]]; do
		packages+=("$1")
		shift
	done
	shift
	"$@" && return
	echo "missing: $purpose" >&2
	if install_packages "${packages[@]}" && "$@"; then
		return
	fi
	echo "please install what Debian calls: ${packages[*]}" >&2
	return 1
}

install_packages() {
	command -v apt-get >/dev/null || return 1
	local root=()
	if [[ $EUID -ne 0 ]]; then
		command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
		root=(sudo -n)
	fi
	echo "installing: $*" >&2
	"${root[@]}" apt-get update -qq >&2 &&
		"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

# compiles LINE succeeds if the C compiler that Go uses takes LINE.
compiles() {
	local cc
	cc=$(go env CC)
	command -v "${cc%% *}" >/dev/null && $cc -E - <<<"$1" >/dev/null 2>&1
}

# installed COMMAND succeeds if there is such a command.
installed() { command -v "$1" >/dev/null; }

# browses succeeds if there is a Chromium that runs, by one of the names that
# internal/chromium knows.
browses() {
	local name
	for name in chromium chromium-browser google-chrome google-chrome-stable; do
		installed "$name" && "$name" --version >/dev/null 2>&1 && return
	done
	return 1
}

# from ID succeeds on the Linux distribution of that id.
from() { grep -qsx "ID=\"\?$1\"\?" /etc/os-release; }
