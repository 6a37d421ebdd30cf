"""HTTP/1.1 on bare sockets: requests in, answers out, connections kept."""

import gzip
import socket
import socketserver
from email.utils import formatdate
from http import HTTPStatus

LINE = 131_072
FIELDS = 262_144
PAYLOAD = 2_000_000
DRAIN = 64_000_000


class Unreadable(Exception):
    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Request:
    def __init__(self, method, target, version, headers, payload, oversize):
        self.method, self.version, self.headers = method, version, headers
        self.path, _, self.query = target.partition("?")
        self.payload, self.oversize = payload, oversize
        self.key = None

    def header(self, name, default=None):
        return self.headers.get(name, default)


class Answer:
    def __init__(self, status, payload=b"", media_type=None, headers=None):
        self.status, self.payload, self.media_type = status, payload, media_type
        self.headers = dict(headers or {})
        self.length = None            # set to claim another length than the true one


class Connection(socketserver.StreamRequestHandler):
    timeout = 180
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self):
        try:
            while self.exchange():
                pass
        except (OSError, socket.timeout):
            pass

    def exchange(self):
        try:
            request = self.read_request()
        except Unreadable as trouble:
            self.send(None, Answer(trouble.status), True)
            self.linger()
            return False
        if request is None:
            return False
        service = self.server.service
        answer = service.answer(request)
        close = (service.choices["connections"] == "close" or request.version == "HTTP/1.0" or request.oversize
                 or service.choices["body_framing"] == "until_close"
                 or (answer.length or 0) > len(answer.payload)
                 or "close" in request.header("connection", "").lower())
        self.send(request, answer, close)
        return not close

    def linger(self):
        """Read on for a moment before closing, lest a reset overtake the answer."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(2)
        while self.rfile.read1(65_536):
            pass

    def line(self, limit, status):
        text = self.rfile.readline(limit + 1)
        if len(text) > limit:
            raise Unreadable(status)
        return text

    def read_request(self):
        first = self.line(LINE, 414)
        while first in (b"\r\n", b"\n"):
            first = self.line(LINE, 414)
        if not first:
            return None
        words = first.decode("latin-1").rstrip("\r\n").split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1.") or not words[0].isalpha():
            raise Unreadable(400)
        headers, total = {}, 0
        while True:
            text = self.line(LINE, 431)
            total += len(text)
            if total > FIELDS:
                raise Unreadable(431)
            if text in (b"\r\n", b"\n"):
                break
            name, colon, value = text.decode("latin-1").partition(":")
            if not colon or not name or name != name.strip():
                raise Unreadable(400)
            headers.setdefault(name.lower(), value.strip())
        if "100-continue" in headers.get("expect", "").lower():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        payload, oversize = self.read_payload(headers)
        target = words[1]
        if target.lower().startswith(("http://", "https://")):
            target = "/" + target.split("//", 1)[1].partition("/")[2]
        return Request(words[0], target, words[2], headers, payload, oversize)

    def read_payload(self, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            parts, size = [], 0
            while True:
                try:
                    length = int(self.line(LINE, 400).split(b";")[0].strip(), 16)
                except ValueError:
                    raise Unreadable(400) from None
                if length < 0 or size + length > DRAIN:
                    raise Unreadable(413)
                if length == 0:
                    while self.line(LINE, 431) not in (b"\r\n", b"\n", b""):
                        pass
                    break
                part = self.rfile.read(length)
                size += len(part)
                if size <= PAYLOAD:
                    parts.append(part)
                self.line(LINE, 400)
            return b"".join(parts), size > PAYLOAD
        text = headers.get("content-length", "0")
        if not text.isascii() or not text.isdigit():
            raise Unreadable(400)
        length = int(text)
        if length > DRAIN:
            raise Unreadable(413)
        payload = self.rfile.read(length)
        if len(payload) < length:
            raise Unreadable(400)
        return (b"", True) if length > PAYLOAD else (payload, False)

    def send(self, request, answer, close):
        choices = self.server.service.choices
        payload, headers = answer.payload, {"Date": formatdate(usegmt=True), **answer.headers}
        if payload and answer.media_type:
            headers["Content-Type"] = answer.media_type
        if choices["compress"] and request and len(payload) > 200 and "gzip" in request.header("accept-encoding", ""):
            payload = gzip.compress(payload, 1)
            headers["Content-Encoding"] = "gzip"
        chunked = choices["body_framing"] == "chunked" and payload and request and request.version == "HTTP/1.1"
        if answer.status != 204:
            if chunked:
                headers["Transfer-Encoding"] = "chunked"
            elif not (choices["body_framing"] == "until_close" and close and payload) or answer.length is not None:
                headers["Content-Length"] = str(len(payload) if answer.length is None else answer.length)
        if close:
            headers["Connection"] = "close"
        try:
            reason = HTTPStatus(answer.status).phrase
        except ValueError:
            reason = "Answer"
        head = "HTTP/1.1 %d %s\r\n" % (answer.status, reason)
        head += "".join("%s: %s\r\n" % field for field in headers.items()) + "\r\n"
        out = [head.encode("latin-1", "replace")]
        if request is None or request.method != "HEAD":
            if chunked:
                for start in range(0, len(payload), 700):
                    piece = payload[start:start + 700]
                    out.append(b"%x\r\n%b\r\n" % (len(piece), piece))
                out.append(b"0\r\n\r\n")
            else:
                out.append(payload if answer.length is None else payload[:answer.length])
        self.wfile.write(b"".join(out))
        self.wfile.flush()


class Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        pass
