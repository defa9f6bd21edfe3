# What the checks of tests/windows/run need: a Wine of their own, the program
# in it, a directory on loopback, and ways to compare.
# shellcheck shell=bash

readonly lab="$(mktemp -d -t idmend-windows.XXXXXX)"
readonly base=dc=open,dc=test admin=cn=admin,dc=open,dc=test password=secret
export WINEPREFIX=$lab/prefix WINEDEBUG=-all
server=

cleanup() {
    wineserver -k 2>/dev/null || true
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    if [[ $keep == yes ]]; then
        say "kept: $lab"
    else
        rm -rf "$lab"
    fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Whether a check was asked for.
wanted() {
    local filter
    [[ ${#filters[@]} -eq 0 ]] && return
    for filter in "${filters[@]}"; do
        [[ $1 == *"$filter"* ]] && return
    done
    return 1
}

# One file to copy: the program lies in a folder with a blank and a letter
# outside ASCII in its name, and beside it only what an old Wine lacks.
readonly folder="$lab/Prüf Ordner"
mkdir "$folder"
cp "$program" "$folder/idmend.exe"
x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 -municode -o "$lab/holder.exe" "$here/holder.c"
if [[ ! -e /usr/lib/x86_64-linux-gnu/wine/x86_64-windows/bcryptprimitives.dll ]]; then
    x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 -shared \
        -o "$folder/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
fi
say "making a Wine in $lab"
wineboot --init >"$lab/wineboot.log" 2>&1 || fail "wineboot: $(tail -3 "$lab/wineboot.log")"

# A path as Windows writes it.
windows_path() { echo "Z:${1//\//\\}"; }

# The Windows program, in the current folder.
idmend() { wine "$folder/idmend.exe" "$@"; }

# Runs a command that must end with a code: ends_with CODE COMMAND...
ends_with() {
    local expected=$1 code=0
    shift
    "$@" || code=$?
    [[ $code -eq $expected ]] || { echo "ended with $code, not $expected: $*"; return 1; }
}

# A file must hold a text: holds FILE TEXT
holds() {
    grep -qF -- "$2" "$1" || { echo "'$2' is not in $1:"; cat "$1"; return 1; }
}

# What people decide in a report: decide REPORT DECIDED [ATTRIBUTE]. Every row
# of the attribute with an UPDATE becomes an EDIT; lines end as Excel ends them.
decide() {
    python3 - "$@" <<'PYTHON'
import csv, sys
with open(sys.argv[1], encoding="utf-8-sig", newline="") as f:
    rows = list(csv.DictReader(f))
with open(sys.argv[2], "w", encoding="utf-8-sig", newline="") as f:
    out = csv.DictWriter(f, rows[0].keys(), lineterminator="\r\n")
    out.writeheader()
    for row in rows:
        if row["UPDATE"] and row["ATTRIBUTE"] == sys.argv[3]:
            row["ACTION"] = "EDIT"
        out.writerow(row)
PYTHON
}

# A server that is no Active Directory, with a certificate of its own, and
# users each of whom has one address with a blank in it: serve USERS
serve() {
    local users=$1
    mkdir "$lab/database"
    openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=windows-lab \
        -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE \
        -keyout "$lab/tls.key" -out "$lab/tls.pem" 2>/dev/null
    cat >"$lab/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include $root/tests/lab/openldap/schema.conf
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile $lab/tls.pem
TLSCertificateKeyFile $lab/tls.key
database mdb
suffix "$base"
rootdn "$admin"
rootpw $password
directory $lab/database
index objectClass,objectGUID,userPrincipalName,sAMAccountName,mail,proxyAddresses,mailNickname eq
CONF
    python3 - "$users" "$base" >"$lab/people.ldif" <<'PYTHON'
import base64, sys
users, base = int(sys.argv[1]), sys.argv[2]
print(f"dn: {base}\nobjectClass: domain\ndc: open\n")
for n in range(users):
    name, guid = f"o{n:05}", base64.b64encode(n.to_bytes(16, "little")).decode()
    print(f"dn: cn=User {name},{base}\nobjectClass: user\ncn: User {name}\nsn: Number\n"
          f"objectGUID:: {guid}\nsAMAccountName: {name}\nuserPrincipalName: {name}@contoso.com\n"
          f"mail: {name}@contoso.com\nproxyAddresses: SMTP:{name}@contoso.com\n"
          f"proxyAddresses: smtp:{name} alias@contoso.com\n")
PYTHON
    /usr/sbin/slapadd -q -f "$lab/slapd.conf" -l "$lab/people.ldif" 2>/dev/null
    # Ports that were free just now.
    read -r plain_port tls_port < <(python3 -c 'import socket
a, b = socket.socket(), socket.socket()
a.bind(("127.0.0.1", 0)); b.bind(("127.0.0.1", 0))
print(a.getsockname()[1], b.getsockname()[1])')
    readonly plain=ldap://127.0.0.1:$plain_port url=ldaps://127.0.0.1:$tls_port
    /usr/sbin/slapd -f "$lab/slapd.conf" -h "$plain $url" -d 0 2>"$lab/slapd.log" &
    server=$!
    local try
    for ((try = 0; try < 100; try++)); do
        dump >/dev/null 2>&1 && return
        sleep 0.1
    done
    fail "slapd does not answer: $(tail -3 "$lab/slapd.log")"
}

# All that is in the directory, entries and values in one order.
dump() {
    ldapsearch -x -LLL -o ldif_wrap=no -H "$plain" -D "$admin" -w "$password" -b "$base" \
        '(objectClass=*)' '*' | python3 -c 'import sys
entries = sys.stdin.read().strip().split("\n\n")
print("\n\n".join(sorted("\n".join(sorted(entry.split("\n"))) for entry in entries)))'
}

# Waits until a command succeeds, for 60 seconds: await COMMAND...
await() {
    local try
    for ((try = 0; try < 600; try++)); do
        "$@" && return
        sleep 0.1
    done
    echo "waited in vain for: $*"
    return 1
}

