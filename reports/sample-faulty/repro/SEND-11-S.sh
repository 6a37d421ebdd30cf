#!/bin/sh
# SEND-11-S: Leading and trailing white space of the body comes back unchanged.
# expected: body unchanged: "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab \t"
# got: "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab"
# 1. POST /v1/messages {"conversation_id": "conv_8xk2m", "body": "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab \t", "metadata": {"conformance": "mc-012e46"}}
# Exits 1 while the fault is there, 0 when it is not seen any more, 2 when it cannot tell.
# Takes the keys from $MESSAGES_API_KEY ($PUBLISHABLE_KEY, $OTHER_ACCOUNT_KEY), the base URL from $BASE_URL.

[ -n "${BASE_URL:-}" ] || BASE_URL=http://127.0.0.1:8137
BASE_URL=${BASE_URL%/}
ONLY=''
WHEN=''
CONSISTENCY=0.0
RECORDED='"conv_8xk2m"'
LOOKED=1
ROUNDS=1
TITLE='SEND-11-S Leading and trailing white space of the body comes back unchanged.'
EXPECTED='body unchanged: "mc-012e46-84 conformance check bell \u0007 escape \u001b[31m tab \t"'
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

# check WANTED HOW WHAT...: what the last answer shows is as wanted, a pattern, a number, or a field of what was sent
check() {
    wanted=$1 test=$2 what=$3
    shift 3
    case $what in
    status) cat "$W/$LAST.status" ;;
    header) tr -d '\r' < "$W/$LAST.head" | grep -i "^$1:" | cut -d : -f 2- | sed 's/^ *//' | grep . || echo absent ;;
    body) tr '\n' ' ' < "$W/$LAST.answer" ;;
    count) pick "$LAST" json data '*' | wc -l ;;
    key) repeated ;;
    strict) strict ;;
    *) pick "$LAST" "$what" "$@" ;;
    esac > "$W/texts"
    if [ -n "$ONLY" ]; then
        pick "$LAST" message status | paste -d ' ' - "$W/texts" | grep -E "$ONLY" | sed 's/^[^ ]* //' > "$W/chosen"
        mv "$W/chosen" "$W/texts"
        [ -s "$W/texts" ] || return 0
    fi
    case $test in
    is) bad=$(grep -Ev -e "$wanted" "$W/texts" | head -n 1) ;;
    'is not') bad=$(grep -E -e "$wanted" "$W/texts" | head -n 1) ;;
    'at most') bad=$([ "$(cat "$W/texts")" -le "$wanted" ] || cat "$W/texts") ;;
    recent) recent ;;
    'as sent') sent "$wanted" && bad=$(grep -Fvxf "$W/sent" "$W/texts" | head -n 1) ;;
    'not as sent') sent "$wanted" && bad=$(grep -Fxf "$W/sent" "$W/texts" | head -n 1) ;;
    *) bad=$(for file in "$W"/now.*; do grep -Fo "$(tr -d '\n' < "$file")" "$W/texts"; done | head -n 1) ;;
    esac
    [ -z "$bad" ] || fault "$what $* : $bad"
}

sent() {
    python3 -IS -c "$PICK" json "$W/$LAST.body" "$1" > "$W/sent"
}

# Within five minutes, by comparing minutes as text: the nine that were and the two that come.
recent() {
    bad=$(cat "$W/texts")
    second=$(date -u +%s)
    for minute in -5 -4 -3 -2 -1 0 1 2 3 4 5; do
        at=$(date -u -d "@$((second + 60 * minute))" +%Y-%m-%dT%H:%M 2> /dev/null || date -u -r "$((second + 60 * minute))" +%Y-%m-%dT%H:%M)
        case $bad in \"$at*) bad= ;; esac
    done
}

repeated() {
    # shellcheck disable=SC2046
    set -- "$MESSAGES_API_KEY" "$(printf '%s' "$MESSAGES_API_KEY" | od -An -v -tx1 | tr -d ' \n')"
    command -v base64 > /dev/null && set -- "$@" "$(printf '%s' "$MESSAGES_API_KEY" | base64 | tr -d '\n=')"
    for form; do
        cat "$W/$LAST.head" "$W/$LAST.answer" | grep -Fq -e "$form" && echo 'the key stands in the answer' && return 0
    done
    echo clean
}

strict() {
    python3 -IS -c 'import json, sys
def unique(pairs):
    if len(dict(pairs)) != len(pairs): raise ValueError("a name stands twice in one object")
    return dict(pairs)
def refuse(name): raise ValueError(name + " is no JSON value")
try: json.loads(open(sys.argv[1], "rb").read().decode("utf-8"), parse_constant=refuse, object_pairs_hook=unique); print("JSON")
except (ValueError, RecursionError) as error: print("no JSON:", ascii(str(error)))' "$W/$LAST.answer"
}

judge() {
    replay
    for LAST in $LOOKED; do
        ! grep -Eq -e "$WHEN" "$W/$LAST.status" || checks # to another answer this does not apply
    done
}

replay() {
    printf '{"conversation_id": "conv_8xk2m", "body": "%s conformance check bell \\u0007 escape \\u001b[31m tab \\t", "metadata": {"conformance": "mc-012e46"}}' "$MARK-84" > "$W/1.body"
    ask 1 POST /v1/messages 'Content-Type: application/json' "Authorization: Bearer $MESSAGES_API_KEY"
}

checks() {
    check body 'as sent' message body
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
