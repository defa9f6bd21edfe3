# Writes the people of one lab domain as LDIF: users, contacts and groups below
# OU=Lab, of which a known part carries faults. The same input gives the same
# people.
#
# awk -v root=DC=contoso,DC=test -v prefix=c -v users=400 -f people.awk

function attribute(name, value) {
    # A value that LDIF cannot carry as it is goes through base64 in the shell;
    # none of these needs it but those with spaces at an end.
    if (value ~ /^[ :<]| $/) {
        print name ":: " base64(value)
    } else {
        print name ": " value
    }
}

# Base64 of an ASCII text.
function base64(text,    alphabet, bits, out, i, n) {
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    out = ""
    for (i = 1; i <= length(text); i += 3) {
        n = code(text, i) * 65536 + code(text, i + 1) * 256 + code(text, i + 2)
        out = out substr(alphabet, int(n / 262144) + 1, 1)
        out = out substr(alphabet, int(n / 4096) % 64 + 1, 1)
        out = out (i + 1 <= length(text) ? substr(alphabet, int(n / 64) % 64 + 1, 1) : "=")
        out = out (i + 2 <= length(text) ? substr(alphabet, n % 64 + 1, 1) : "=")
    }
    return out
}

function code(text, i) {
    return i <= length(text) ? ascii[substr(text, i, 1)] : 0
}

# What is wrong with user number n; the remainder by 10 decides.
function user(n,    id, kind, address) {
    id = sprintf("%s%04d", prefix, n)
    kind = n % 10
    address = id "@contoso.com"
    print "dn: CN=User " id ",OU=People,OU=Lab," root
    print "objectClass: user"
    attribute("sAMAccountName", id)
    attribute("givenName", "User")
    attribute("sn", kind == 1 ? "Trailing " id "  " : "Number " id)
    attribute("displayName", kind == 2 ? " Leading " id : "User " id)
    attribute("userPrincipalName", kind == 3 ? id "@contoso.local" : address)
    attribute("mail", address)
    attribute("mailNickname", kind == 4 ? id " nick" : id)
    attribute("proxyAddresses", "SMTP:" address)
    attribute("proxyAddresses", kind == 5 ? "smtp:" id " alias@contoso.com" : "smtp:" id ".alias@contoso.com")
    attribute("proxyAddresses", "X500:/o=Contoso/ou=Exchange/cn=Recipients/cn=" id)
    # Two in a row share an address.
    if (kind == 6 || kind == 7) {
        attribute("proxyAddresses", sprintf("smtp:%sshared%03d@contoso.com", prefix, int(n / 10)))
    }
    # kinds 8, 9 and 0 have no fault of their own.
    print ""
}

function contact(n,    id) {
    id = sprintf("%spartner%03d", prefix, n)
    print "dn: CN=" id ",OU=People,OU=Lab," root
    print "objectClass: contact"
    attribute("displayName", "Partner " id)
    attribute("mail", id "@partner.example")
    attribute("targetAddress", "SMTP:" id (n % 2 ? "@partner.example" : " @partner.example"))
    print ""
}

function group(n,    id) {
    id = sprintf("%steam%03d", prefix, n)
    print "dn: CN=" id ",OU=People,OU=Lab," root
    print "objectClass: group"
    attribute("sAMAccountName", id)
    # A global distribution group.
    attribute("groupType", "2")
    attribute("displayName", n % 2 ? "Team " id : "Team " id " ")
    attribute("mail", id "@contoso.com")
    attribute("proxyAddresses", "SMTP:" id "@contoso.com")
    print ""
}

BEGIN {
    for (i = 32; i < 127; i++) {
        ascii[sprintf("%c", i)] = i
    }
    print "dn: OU=Lab," root "\nobjectClass: organizationalUnit\n"
    print "dn: OU=People,OU=Lab," root "\nobjectClass: organizationalUnit\n"
    for (n = 1; n <= users; n++) {
        user(n)
    }
    for (n = 1; n <= users / 20; n++) {
        contact(n)
        group(n)
    }
}
