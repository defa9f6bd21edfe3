# The checks of tests/windows/run; each is a function check_NAME that fails if
# anything is not as it should be. A line "note: …" is shown beside the name.
# shellcheck shell=bash

say "preparing what the checks compare with"
"$native" --state-dir "$lab/native" demo --export "$lab/demo" 2>"$lab/native.log"
printf '%s\r\n' "$password" >"$lab/password"
serve 300
readonly server_and_user=(--server "$url" --ca-cert "$(windows_path "$lab/tls.pem")" --user "$admin"
    --base "$base")
readonly source=("${server_and_user[@]}" --password-file "$(windows_path "$lab/password")")
dump >"$lab/before"

# Goes to a new folder of the check that calls it.
own_folder() {
    mkdir "$lab/${FUNCNAME[1]}"
    cd "$lab/${FUNCNAME[1]}"
}

# The directory must be as it was.
unchanged() { dump | diff -u "$lab/before" - >"$lab/difference" || { head -20 "$lab/difference"; return 1; }; }

# Scans the live directory and decides on all addresses: decided STATE
decided() {
    ends_with 1 idmend scan "${source[@]}" --state-dir "$1" -o findings.csv
    decide findings.csv decided.csv proxyAddresses
}

check_version_and_help_are_those_of_the_linux_program() {
    own_folder
    local words
    for words in --version --help 'scan --help' 'apply --help' 'rollback --help'; do
        # shellcheck disable=SC2086
        idmend $words >windows
        # shellcheck disable=SC2086
        "$native" $words >linux
        sed -i 's/idmend\.exe/idmend/g' windows
        diff linux windows
    done
    note_size
}

note_size() {
    echo "note: idmend.exe is $(stat -c %s "$folder/idmend.exe") bytes and needs these DLLs:"
    x86_64-w64-mingw32-objdump -p "$folder/idmend.exe" |
        sed -n 's/^\s*DLL Name: //p' | sort -f | paste -sd' ' | sed 's/^/note:   /'
}

check_the_exported_demo_is_that_of_the_linux_program() {
    own_folder
    idmend demo --export "$(windows_path "$PWD/out")" --state-dir state
    diff -r "$lab/demo" out
}

check_reports_are_byte_for_byte_those_of_the_linux_program() {
    own_folder
    local files=(--ldif "contoso=$(windows_path "$lab/demo/contoso.ldif")"
        --ldif 'fabrikam=..\demo\fabrikam.ldif')
    ends_with 1 idmend scan "${files[@]}" --state-dir state \
        -o 'windows.csv' -o '.\windows.jsonl' -o "$(windows_path "$PWD/windows.txt")" 2>said
    holds said '93 findings in 400 objects'
    ends_with 1 "$native" scan --state-dir state --ldif "contoso=$lab/demo/contoso.ldif" \
        --ldif "fabrikam=$lab/demo/fabrikam.ldif" -o linux.csv -o linux.jsonl -o linux.txt
    cmp linux.csv windows.csv
    cmp linux.jsonl windows.jsonl
    cmp linux.txt windows.txt
    # Through a pipe, too: no code page, no carriage returns.
    ends_with 1 idmend scan "${files[@]}" --state-dir state --format text 2>/dev/null | cmp linux.txt
    echo "note: $(wc -c <windows.csv) bytes of CSV, $(wc -c <windows.jsonl) of JSON Lines," \
        "$(wc -c <windows.txt) of text"
}

check_changes_to_an_export_are_those_of_the_linux_program() {
    own_folder
    local ours=(--ldif "contoso=$(windows_path "$lab/demo/contoso.ldif")")
    local theirs=(--ldif "contoso=$lab/demo/contoso.ldif")
    ends_with 1 idmend scan "${ours[@]}" --state-dir state -o findings.csv
    decide findings.csv decided.csv displayName
    idmend apply decided.csv "${ours[@]}" --state-dir state -o "$(windows_path "$PWD/windows.ldif")"
    "$native" apply decided.csv "${theirs[@]}" --state-dir state -o linux.ldif
    grep -q '^changetype: modify' windows.ldif
    cmp linux.ldif windows.ldif
    cmp linux.undo.ldif windows.undo.ldif
}

check_files_may_end_their_lines_as_windows_does() {
    own_folder
    printf 'rule-set = "entra"\r\nverified-domain = ["contoso.com"]\r\nbase-file = "bases.txt"\r\n' >profile.toml
    printf '# Who is judged\r\nDC=corp,DC=contoso,DC=com\r\n' >bases.txt
    local scan=(scan --state-dir state --profile profile.toml --exceptions exceptions.toml
        --ldif "contoso=$(windows_path "$lab/demo/contoso.ldif")")
    ends_with 1 idmend "${scan[@]}" -o first.csv 2>said
    # An exception by hand, CRLF throughout, and one more behind it.
    local row
    row=$(python3 -c 'import csv
rows = list(csv.DictReader(open("first.csv", encoding="utf-8-sig", newline="")))
for row in [r for r in rows if r["ATTRIBUTE"] == "displayName"][:2]:
    print(row["DISTINGUISHEDNAME"], row["VALUE"], row["RULE"].split("; ")[0], sep="\t")')
    local dn value rule
    while IFS=$'\t' read -r dn value rule; do
        idmend exceptions add --state-dir state --exceptions exceptions.toml --dn "$dn" \
            --attribute displayName --value "$value" --rule "$rule" --reason 'as it is'
        sed -i 's/\r$//; s/$/\r/' exceptions.toml
    done <<<"$row"
    idmend exceptions list --state-dir state --exceptions exceptions.toml >listed
    [[ $(grep -c 'as it is' listed) -eq 2 ]]
    ends_with 1 idmend "${scan[@]}" -o second.csv
    idmend diff --state-dir state first.csv second.csv >changed || [[ $? -le 1 ]]
    cat changed
    [[ $(wc -l <second.csv) -le $(wc -l <first.csv) ]]
}

check_a_live_directory_is_mended_and_taken_back() {
    own_folder
    local state='C:\idmend\live'
    decided "$state"
    idmend apply decided.csv "${source[@]}" --state-dir "$state" --dry-run 2>dry
    holds dry 'plan digest: '
    unchanged
    idmend apply decided.csv "${source[@]}" --state-dir "$state" --yes 2>applied
    holds applied '300 done'
    dump >after
    ! cmp -s "$lab/before" after
    local journal="$WINEPREFIX/drive_c/idmend/live/journal"
    [[ $(ls "$journal" | wc -l) -eq 2 ]]
    # The Linux program reads the journal that the Windows program wrote.
    mkdir copy
    cp -r "$journal" copy/
    "$native" history --state-dir copy >linux
    idmend history --state-dir "$state" >windows
    diff linux windows
    idmend rollback "${source[@]}" --state-dir "$state" --yes 2>undone
    holds undone '300 done'
    unchanged
    # The rollback of the rollback, and the undo as LDIF.
    local id
    id=$(idmend history --state-dir "$state" | awk 'NR == 1 { print $1 }')
    idmend rollback "$id" "${source[@]}" --state-dir "$state" --yes 2>again
    dump | cmp after
    ldapmodify -x -H "$plain" -D "$admin" -w "$password" \
        -f "$(ls -t "$journal"/*.undo.ldif | head -1)" >/dev/null
    unchanged
}

check_one_writes_at_a_time_and_a_killed_writer_is_settled() {
    own_folder
    local state='C:\idmend\kill' writer journal
    journal="$WINEPREFIX/drive_c/idmend/kill/journal"
    decided "$state"
    wine "$folder/idmend.exe" apply decided.csv "${source[@]}" --state-dir "$state" --yes \
        --throttle 20 2>writing &
    writer=$!
    await sh -c "[ \$(cat '$journal'/*.jsonl 2>/dev/null | grep -c '\"outcome\"') -ge 20 ]"
    ends_with 2 idmend apply decided.csv "${source[@]}" --state-dir "$state" --yes 2>second
    holds second 'another idmend is writing with this state directory: process '
    kill -KILL "$writer"
    wait "$writer" || true
    local done
    done=$(grep -c '"outcome"' "$journal"/*.jsonl)
    [[ $done -lt 300 ]]
    idmend recover "${source[@]}" --state-dir "$state" 2>settled || [[ $? -eq 4 ]]
    tail -3 settled
    idmend rollback "${source[@]}" --state-dir "$state" --yes 2>undone
    unchanged
    echo "note: killed after $done of 300 outcomes"
    sed -n 's/^error: /note: the second writer: /p' second
}

check_the_state_lies_in_the_local_profile() {
    own_folder
    env -u IDMEND_STATE_DIR wine "$folder/idmend.exe" scan --demo --format csv >findings.csv 2>said ||
        [[ $? -eq 1 ]]
    holds said "state: C:\\users\\$(id -un)\\AppData\\Local\\idmend"
    grep -q "^log: C:\\\\users\\\\$(id -un)\\\\AppData\\\\Local\\\\idmend\\\\log\\\\" said
    idmend profile list 2>&1 | tee profiles
    sed -n 's/^\(state: .*\)$/note: \1/p; s/^\(log: .*\)$/note: \1/p' said
}

check_a_report_that_a_spreadsheet_has_open_is_refused_before_the_scan() {
    own_folder
    echo old >findings.csv
    wine "$lab/holder.exe" 60000 findings.csv >held &
    local holder=$!
    await grep -q held held
    ends_with 2 idmend scan --demo --state-dir state -o findings.csv 2>said
    holds said 'hint: close the program that has it open'
    kill "$holder"
    [[ $(cat findings.csv) == old && ! -e findings.csv.part ]]
    sed -n 's/^error: /note: /p' said
}

check_a_bad_certificate_and_a_bad_password_are_told_apart() {
    own_folder
    ends_with 3 idmend scan --server "$url" --user "$admin" --password-file \
        "$(windows_path "$lab/password")" --base "$base" --state-dir state 2>untrusted
    holds untrusted 'certificate'
    printf 'wrong\r\n' >wrong
    ends_with 3 idmend scan "${server_and_user[@]}" --password-file wrong --state-dir state 2>refused
    holds refused 'password'
}

check_kerberos_without_a_ticket_says_what_to_do() {
    own_folder
    ends_with 3 idmend scan --server "ldap://localhost:$plain_port" --auth kerberos \
        --base "$base" --state-dir state 2>said
    cat said
    holds said 'ticket'
}
