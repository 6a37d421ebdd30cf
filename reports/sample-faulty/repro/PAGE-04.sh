#!/bin/sh
# PAGE-04: starting_after is exclusive, and any listed message serves as cursor.
# expected: every message that follows the cursor
# got: the page after msg_ncU2MIrVensrrN02YjOi passes over msg_xRzPHaSWvVcGuGxMUAuJ
# 1. GET /v1/messages?limit=2&conversation_id=conv_8xk2m&direction=outbound
# 2. GET /v1/messages?limit=2&starting_after=msg_ncU2MIrVensrrN02YjOi&conversation_id=conv_8xk2m&direction=outbound
# Exits 1 while the fault is there, 0 when it is not seen any more, 2 when it cannot tell.
# Takes the keys from $MESSAGES_API_KEY ($PUBLISHABLE_KEY, $OTHER_ACCOUNT_KEY), the base URL from $BASE_URL.

[ -n "${BASE_URL:-}" ] || BASE_URL=http://127.0.0.1:8137
BASE_URL=${BASE_URL%/}
SIZES='2 2'
MOST=10
PATIENCE=5
WALKS='alone looked between crowd'
JUMPS=1
WATCH=''
CONSISTENCY=0.0
RECORDED='"conv_8xk2m"'
QUERY='conversation_id=conv_8xk2m&direction=outbound'
ROUNDS=1
TITLE='PAGE-04 starting_after is exclusive, and any listed message serves as cursor.'
EXPECTED='every message that follows the cursor'
NEEDS=MESSAGES_API_KEY

# -- asking ------------------------------------------------------------------------------------------------------------

W=$(mktemp -d) || exit 2
trap 'rm -rf "$W"' EXIT
umask 077
MARK=mc-$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n') # in every text that is sent; as long as the marks of the recording

cannot_tell() {
    echo "cannot tell: $1" >&2
    : > "$W/cannot"
    exit 2
}

wrong_key() {
    right=${MESSAGES_API_KEY:-sk_test_key}
    case $1 in
    unknown) case $right in *_*) echo "${right%_*}_$(od -An -N10 -tx1 /dev/urandom | tr -d ' \n')" ;; *) od -An -N10 -tx1 /dev/urandom | tr -d ' \n' ;; esac ;;
    shorter) echo "${right%?}" ;;
    longer) echo "${right}x" ;;
    case) echo "$right" | tr 'a-zA-Z' 'A-Za-z' ;;
    right) echo "$right" ;;
    esac
}

# ask NUMBER METHOD TARGET HEADER...: the body is $W/NUMBER.body, the answer $W/NUMBER.answer, .head and .status
ask() {
    n=$1 method=$2 target=$3
    shift 3
    [ -f "$W/$n.body" ] || : > "$W/$n.body"
    printf '%s\n' 'Accept: application/json' 'Expect:' "$@" > "$W/$n.lines"
    case $* in *[Cc]ontent-[Tt]ype:*) ;; *) echo 'Content-Type:' >> "$W/$n.lines" ;; esac
    set -- -sS --globoff --path-as-is -m 30 -o "$W/$n.answer" -D "$W/$n.head" -w '%{http_code}' -H "@$W/$n.lines"
    [ -s "$W/$n.body" ] && set -- "$@" --data-binary "@$W/$n.body"
    if [ "$method" = HEAD ]; then set -- "$@" -I; else set -- "$@" -X "$method"; fi
    for try in 1 2 3 4 5; do
        : > "$W/$n.answer"
        : > "$W/$n.head"
        curl "$@" "$BASE_URL$target" > "$W/$n.status" 2> "$W/$n.trouble"
        case $? in
        0) ;;
        3 | 5 | 6 | 7 | 28 | 35 | 60) cannot_tell "$BASE_URL is not reachable ($(cat "$W/$n.trouble"))" ;;
        *) echo 000 > "$W/$n.status" ;; # a broken answer
        esac
        [ "$(cat "$W/$n.status")" = 429 ] || return 0
        cp "$W/$n.head" "$W/429.head"
        sleep 1
    done
    cannot_tell 'too many requests (429)'
}

# ours NUMBER TARGET: GET with the key, if there is one
ours() {
    if [ -n "${MESSAGES_API_KEY:-}" ]; then
        ask "$1" GET "$2" "Authorization: Bearer $MESSAGES_API_KEY"
    else
        ask "$1" GET "$2"
    fi
}

joined() {
    wait
    [ ! -f "$W/cannot" ] || exit 2
}

# until_status STATUS NUMBER METHOD TARGET HEADER...
until_status() {
    wanted=$1 until=$(($(date +%s) + AWAIT))
    shift
    while [ "$(date +%s)" -le "$until" ]; do
        ask "$@"
        case $(cat "$W/$1.status") in [45]*) return 0 ;; esac
        if pick "$1" message status | grep -Eq -e "$wanted"; then return 0; fi
    done
    [ "$AWAIT" -le 5 ] || cannot_tell 'the message does not arrive where it was when this was recorded'
}

# -- picking values out of answers -------------------------------------------------------------------------------------

PICK='
import json, sys
from datetime import datetime
from urllib.parse import quote
def numeral(text):
    value = float(text) if len(text) < 400 else float("inf")
    return "a large number" if abs(value) > 2**53 else int(value) if value.is_integer() else value
def down(value, path):
    for place, name in enumerate(path):
        if name == "*":
            return [found for item in (value if isinstance(value, list) else []) for found in down(item, path[place + 1:])]
        if not isinstance(value, dict) or name not in value:
            return ["absent"]
        value = value[name]
    return [json.dumps(value, sort_keys=True, separators=(",", ":"))]
how, file, *path = sys.argv[1:]
try:
    value = json.loads(open(file, "rb").read().decode("utf-8-sig"), parse_int=numeral, parse_float=numeral)
except (OSError, ValueError, RecursionError):
    value = None
listed = isinstance(value, dict) and isinstance(value.get("data"), list)
if how == "encoded":
    print(quote(value if isinstance(value, str) else json.dumps(value), safe=""))
elif how == "times":
    for text in down(value, ["data", "*", "created_at"]):
        try:
            print("%.6f" % datetime.fromisoformat(json.loads(text)).timestamp())
        except (ValueError, TypeError):
            pass
elif how == "page":
    print(*down(value, ["has_more"]), *down(value, ["data", "*", "id"]), sep="\n")
elif how == "sight":
    items = [item for item in (value["data"] if listed else [value]) if isinstance(item, dict)]
    found = [item for item in items if json.dumps(item.get("id")) == path[0]]
    text = down(found[0], path[1:])[0] if found else "absent"
    if path[1] == "created_at" and text[0] == chr(34):
        try:
            text = repr(datetime.fromisoformat(json.loads(text)).timestamp())
        except ValueError:
            pass
    print("{}" if found and path[1] == "metadata" and text in ("null", "absent") else text)
else:
    print(*down(value, ["data", "*"] + path if how == "message" and listed else path), sep="\n")
'

# pick NUMBER json|message PATH...: the values there as JSON texts, one a line
pick() {
    file=$W/$1.answer how=$2
    shift 2
    python3 -IS -c "$PICK" "$how" "$file" "$@" | sed '/^$/d'
}

# sight NUMBER ID FIELD: the field of one message, be the answer the message or a list
sight() {
    python3 -IS -c "$PICK" sight "$W/$1.answer" "$2" "$3"
}

# encoded PLACE: the id kept there, as it stands in a path
encoded() {
    case $(cat "$W/now.$1") in
    *[!A-Za-z0-9_.\"-]*) python3 -IS -c "$PICK" encoded "$W/now.$1" ;;
    *) tr -d '"' < "$W/now.$1" ;;
    esac
}

# give PLACE NUMBER: keep the id that an answer gives, for the place where the recording had another
give() {
    pick "$2" json id > "$W/now.$1"
    [ "$(cat "$W/now.$1")" != absent ] || cannot_tell "a send that was accepted when this was recorded answers $(cat "$W/$2.status")"
    sleep "$CONSISTENCY"
}

# keep PLACE NUMBER RECORDED DIRECTION: keep the recorded id where the list still shows it, or the first one of that direction
keep() {
    pick "$2" json data '*' id > "$W/ids"
    pick "$2" json data '*' direction > "$W/ways"
    if grep -Fqx "$3" "$W/ids" || [ ! -s "$W/ids" ]; then
        printf '%s\n' "$3" > "$W/now.$1"
    else
        line=$(grep -nFx "$4" "$W/ways" | head -n 1 | cut -d : -f 1)
        sed -n "${line:-1}p" "$W/ids" > "$W/now.$1"
    fi
}

# -- sending and listing -----------------------------------------------------------------------------------------------

# the conversation of the recording, or $CONVERSATION, or that of the first message in the list, as JSON text
conversation() {
    if [ -n "${CONVERSATION:-}" ]; then printf '"%s"' "$CONVERSATION" && return 0; fi
    if [ -n "$RECORDED" ]; then printf '%s' "$RECORDED" && return 0; fi
    ours look '/v1/messages?limit=1'
    pick look json data '*' id > "$W/now.look"
    [ -s "$W/now.look" ] || return 0
    ours look "/v1/messages/$(encoded look)"
    pick look json conversation_id | grep '^"'
}

# send NUMBER: send a plain message; its id is kept in the place of that name
send() {
    send_only "$1"
    give "$1" "$1"
}

send_only() {
    [ -n "$WHERE" ] || cannot_tell 'name a conversation to send to: CONVERSATION=...'
    printf '{"conversation_id": %s, "body": "%s-%s a message"}' "$WHERE" "$MARK" "$1" > "$W/$1.body"
    if [ -n "${MESSAGES_API_KEY:-}" ]; then
        ask "$1" POST /v1/messages 'Content-Type: application/json' "Authorization: Bearer $MESSAGES_API_KEY"
    else
        ask "$1" POST /v1/messages 'Content-Type: application/json'
    fi
}

# page QUERY LIMIT CURSOR: one page; its ids stand in $W/page.ids, has_more in $MORE; fails where there is no list
page() {
    printf '%s\n' "$3" > "$W/now.cursor"
    query=$1${2:+&limit=$2}${3:+&starting_after=$(encoded cursor)}
    ours page "/v1/messages?${query#&}"
    python3 -IS -c "$PICK" page "$W/page.answer" > "$W/page.both"
    read -r MORE < "$W/page.both"
    sed 1d "$W/page.both" > "$W/page.ids"
    [ "$(cat "$W/page.status")" = 200 ]
}

# whole QUERY LIMIT WANTED MOST [FIRST]: the list into $W/whole.ids, page by page, until the ids in the file WANTED were seen;
# from FIRST or the first of them, if the list begins with old ones
whole() {
    for start in '' "${5:-$(head -n 1 "$3")}"; do
        cursor=$start pages=0
        printf '%s\n' "$start" | sed '/^$/d' > "$W/whole.ids"
        while [ "$pages" -lt "$4" ] && page "$1" "$2" "$cursor" && [ -s "$W/page.ids" ]; do
            cat "$W/page.ids" >> "$W/whole.ids"
            cursor=$(tail -n 1 "$W/page.ids") pages=$((pages + 1))
            [ "$MORE" = true ] || break
            [ ! -s "$3" ] || [ -n "$(grep -vFxf "$W/whole.ids" "$3")" ] || break
        done
        [ -n "$(grep -vFxf "$W/whole.ids" "$3")" ] || return 0
    done
}

# -- judging: a fault is told in $W/fault ------------------------------------------------------------------------------

fault() {
    printf '%s\n' "$*" | head -n 1 | cut -c 1-300 | tr -c '[:print:]\n' '?' > "$W/fault"
}

# Walk the list with the recorded sizes, and take it up in its midst; hold each page against one list of 100.
judge() {
    replay
    for place in 1 2 3 4 5 6 7 8; do send "mine$place" & done
    joined
    cat "$W"/now.mine* > "$W/mine"
    start= tries=0
    while page "$QUERY" 100 '' || { fault "a list of 100 answers $(cat "$W/page.status")" && return 0; }; do
        tries=$((tries + 1))
        if [ "$tries" -gt "$PATIENCE" ] || [ -z "$(grep -vFxf "$W/page.ids" "$W/mine")" ]; then break; fi
        sleep 0.2
    done
    if [ "$MORE" = true ] && ! grep -Fqxf "$W/mine" "$W/page.ids"; then
        start=$(head -n 1 "$W/mine")
        page "$QUERY" 100 "$start"
    fi
    cp "$W/page.ids" "$W/order"
    END=$MORE total=$(wc -l < "$W/order")
    if [ -n "$(sort "$W/order" | uniq -d)" ] || [ "$total" -gt 100 ] || { [ "$total" -lt 100 ] && [ "$END" = true ]; }; then
        fault "a list of 100 with $total items, has_more $END" && return 0
    fi
    cp "$W/order" "$W/fresh"
    [ -z "$start" ] || { printf '%s\n' "$start" && cat "$W/fresh"; } > "$W/order"
    for meanwhile in $WALKS; do
        [ ! -f "$W/fault" ] || break
        [ "$meanwhile" = alone ] || ordered
        walk
    done
    meanwhile=alone
    [ -f "$W/fault" ] || ordered
    [ -f "$W/fault" ] || jumps
    [ -f "$W/fault" ] || [ -z "$WATCH" ] || watch
}

# The list of 100 as it is now.
ordered() {
    page "$QUERY" 100 "$start"
    { [ -z "$start" ] || printf '%s\n' "$start"; } > "$W/order"
    cat "$W/page.ids" >> "$W/order"
    END=$MORE
}

walk() {
    cursor=$start pages=0 met=
    while :; do
        # shellcheck disable=SC2046
        for size in $([ "$meanwhile" = alone ] && echo "$SIZES" || echo 2 3); do
            if [ "$meanwhile" = crowd ]; then
                crowd a &
                crowd b &
            fi
            [ "$size" != none ] || size=
            page "$QUERY" "$size" "$cursor"
            joined
            wrong
            pages=$((pages + 1))
            if [ -f "$W/fault" ] || [ ! -s "$W/page.ids" ] || [ "$MORE" != true ] || [ "$pages" -ge "$MOST" ]; then return 0; fi
            if [ "$meanwhile" != alone ] && [ "$pages" -ge 5 ]; then return 0; fi
            cursor=$(tail -n 1 "$W/page.ids")
            if grep -Fqxf "$W/order" "$W/page.ids"; then met=1; fi
            if [ -n "$met" ] && ! grep -Fqx "$cursor" "$W/order"; then return 0; fi # beyond what the list of 100 shows
            [ "$meanwhile" != between ] || send between
            [ "$meanwhile" != looked ] || look
        done
    done
}

# Retrieve a message that is still to come: it must stay where it is.
look() {
    sed "1,$(grep -nFx "$cursor" "$W/order" | cut -d : -f 1)d" "$W/order" | sed -n 2p > "$W/now.look"
    [ ! -s "$W/now.look" ] || ours look "/v1/messages/$(encoded look)"
}

# Send some messages one after another, without looking at the answers.
crowd() {
    for again in 1 2 3 4; do
        send_only "crowd$1"
    done
}

jumps() {
    [ -n "$JUMPS" ] || return 0
    { head -n 6 "$W/order" && tail -n 2 "$W/order"; } > "$W/cursors"
    size=${SIZES%% *}
    [ "$size" != none ] || size=
    while read -r cursor; do
        page "$QUERY" "$size" "$cursor"
        wrong
        [ ! -f "$W/fault" ] || return 0
    done < "$W/cursors"
    ordered
    tail_end
}

# The end of the list: the pages that hold just the last two, and the last one, and those that leave one over.
tail_end() {
    cp "$W/order" "$W/rest"
    hundreds=0
    while [ "$MORE" = true ] && [ "$hundreds" -lt 10 ]; do
        page "$QUERY" 100 "$(tail -n 1 "$W/rest")"
        cat "$W/page.ids" >> "$W/rest"
        hundreds=$((hundreds + 1))
    done
    if [ "$MORE" != false ] || [ "$(wc -l < "$W/rest")" -lt 4 ]; then return 0; fi
    for size in 2 1; do
        page "$QUERY" "$size" "$(tail -n "$((size + 1))" "$W/rest" | head -n 1)"
        if [ "$MORE" = true ] && ends "$(tail -n 1 "$W/rest")"; then fault "the page with the last $size says has_more true"; fi
        page "$QUERY" "$size" "$(tail -n "$((size + 2))" "$W/rest" | head -n 1)"
        [ "$MORE" != false ] || fault "a page of $size says has_more false, and one message follows"
    done
}

# apart LIMIT CURSOR: another page, of which $W/apart.ids and $APART remain; the page before stays where it is
apart() {
    cp "$W/page.ids" "$W/before.ids"
    cp "$W/page.answer" "$W/before.answer"
    told=$MORE
    page "$QUERY" "$1" "$2"
    mv "$W/page.ids" "$W/apart.ids"
    mv "$W/before.ids" "$W/page.ids"
    mv "$W/before.answer" "$W/page.answer"
    APART=$MORE MORE=$told
}

# ends LAST: whether nothing follows a message, not even what came meanwhile
ends() {
    apart 1 "$1"
    [ ! -s "$W/apart.ids" ]
}

# closed: whether a full list of 100 says that nothing follows, and does not show what does
closed() {
    apart 100 "$start"
    [ "$APART" = false ] && [ "$(wc -l < "$W/apart.ids")" -eq 100 ] && ! grep -Fqx "$inner" "$W/apart.ids"
}

# What is wrong with a page, if its list is the order; what came since is not held against it.
wrong() {
    here=${cursor:+after $cursor} most=${size:-25} count=$(wc -l < "$W/page.ids")
    [ "$(cat "$W/page.status")" = 200 ] || { fault "$here: $(cat "$W/page.status")"; return 0; }
    if [ -n "$(sort "$W/page.ids" | uniq -d)" ] || { [ -n "$cursor" ] && grep -Fqx "$cursor" "$W/page.ids"; }; then
        fault "$here: its own cursor, or a message twice"
    elif [ "$count" -gt "$most" ] || { [ "$count" -lt "$most" ] && [ "$MORE" = true ]; }; then
        fault "$here: $count items of $most, has_more $MORE"
    else
        compared
        [ -f "$W/fault" ] || strays
    fi
}

compared() {
    grep -Fxf "$W/order" "$W/page.ids" > "$W/known"
    known=$(wc -l < "$W/known") total=$(wc -l < "$W/order") first=0
    [ -z "$cursor" ] || first=$(grep -nFx "$cursor" "$W/order" | head -n 1 | cut -d : -f 1)
    sed -n "$((${first:-0} + 1)),\$p" "$W/order" | head -n "$known" > "$W/right"
    rest=$((total - ${first:-0} - known))
    inner=$([ -z "$cursor" ] || ! grep -Fqx "$cursor" "$W/order" || grep -vFxf "$W/order" "$W/page.ids" | head -n 1)
    if ! cmp -s "$W/known" "$W/right"; then
        fault "$here: $(tr '\n' ' ' < "$W/known") instead of $(tr '\n' ' ' < "$W/right")"
    elif [ -n "$inner" ] && [ "$(place "$inner")" -lt "$(place "$(tail -n 1 "$W/known")")" ]; then
        fault "$here: $inner, which the list of 100 does not show"
    elif [ -n "$inner" ] && [ "$END" = false ] && [ "$meanwhile" = alone ] && [ "${first:-0}" -gt 0 ] && closed; then
        fault "$here: $inner follows, though a list of 100 says that nothing does"
    elif [ "$MORE" = false ] && [ "$rest" -gt 0 ]; then
        fault "$here: has_more false, and $rest more follow"
    elif [ "$MORE" = true ] && [ "$rest" -le 0 ] && [ "$END" = false ] && [ "$meanwhile" = alone ] && [ "$known" -eq "$count" ] &&
        ends "$(tail -n 1 "$W/page.ids")"; then
        fault "$here: has_more true, and nothing follows"
    fi
}

# place ID: where it stands on the page
place() {
    line=$(grep -nFx "$1" "$W/page.ids" | head -n 1 | cut -d : -f 1)
    echo "${line:-0}"
}

# stray FIELD VALUE: the first item that does not have the value, be it the item or the message that says so
stray() {
    pick page json data '*' "$1" | paste -d ' ' - "$W/page.ids" > "$W/pairs"
    while read -r value id; do
        if [ "$value" = absent ]; then
            printf '%s\n' "$id" > "$W/now.look"
            ours look "/v1/messages/$(encoded look)"
            value=$(pick look json "$1")
        fi
        [ "$value" = absent ] || [ "$value" = "$2" ] || fault "$here: $id with $value"
    done < "$W/pairs"
}

# While statuses move, the order stays.
watch() {
    for number in 1 2 3; do crowd "$number"; done &
    for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
        page "$QUERY" 100 ''
        grep -Fxf "$W/order" "$W/page.ids" > "$W/one"
        grep -Fxf "$W/page.ids" "$W/order" > "$W/two"
        cmp -s "$W/one" "$W/two" || { fault 'another order once statuses have moved'; return 0; }
        [ ! -s "$W/page.ids" ] || cp "$W/page.ids" "$W/order"
    done
}

replay() {
    :
}

strays() {
    stray conversation_id '"conv_8xk2m"'
    stray direction '"outbound"'
}

main() {
    for name in $NEEDS; do
        eval "[ -n \"\${$name:-}\" ]" || cannot_tell "set $name"
    done
    ours door '/v1/messages?limit=1'
    case $(cat "$W/door.status") in
    401 | 403) cannot_tell "the key is refused ($(cat "$W/door.status"))" ;;
    esac
    WHERE=$(conversation)
    round=0
    while [ "$round" -lt "$ROUNDS" ] && [ ! -f "$W/fault" ]; do
        judge
        joined
        round=$((round + 1))
    done
    if [ -f "$W/fault" ]; then
        printf 'expected %s\ngot      ' "$EXPECTED"
        cat "$W/fault"
        exit 1
    fi
    printf 'not seen any more: %s\n' "$TITLE"
}

main
