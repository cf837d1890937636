"""Answers the S3 requests of an upload, and only counts the bytes of its bodies.

On Linux, the bytes are not even copied to this process, so that its CPU time, which it takes from the clients on a small
machine, stays low. An ETag is that of the Content-MD5 that the client sends, which is not verified.

Prints its port, and answers `/-/figures` with its requests and CPU time since `/-/forget`, and the bytes since `/-/empty`.
"""

import base64
import hashlib
import json
import re
import socket
import sys
import threading
import time

BUFFER = bytearray(8 << 20)
# Drops bytes without copying them: https://man7.org/linux/man-pages/man7/tcp.7.html
DISCARD = socket.MSG_TRUNC | socket.MSG_WAITALL if sys.platform == "linux" else 0
XML = {"content-type": "application/xml", "x-amz-request-id": "0"}
UPLOAD_ID = "upload"

figures = {"bytes": 0}
lock = threading.Lock()


def forget():
    figures.update(requests=[], cpu=time.process_time())


def serve(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pending = b""
    while True:
        while b"\r\n\r\n" not in pending:
            received = connection.recv(65536)
            if not received:
                return
            pending += received
        head, _, pending = pending.partition(b"\r\n\r\n")
        request = parse(head.decode("latin-1"))
        pending = receive_body(connection, request, pending)
        connection.sendall(response(request, *answer(request)))


def parse(head):
    line, *fields = head.split("\r\n")
    method, target, _ = line.split(" ", 2)
    path, _, query = target.partition("?")
    headers = {name.lower(): value.strip() for name, _, value in (field.partition(":") for field in fields)}
    return {"method": method, "path": path, "query": query, "headers": headers, "length": int(headers.get("content-length", 0))}


def receive_body(connection, request, pending):
    """Returns what follows the body. Only bodies that are not counted are kept."""
    if "transfer-encoding" in request["headers"]:
        raise ValueError("the sink does not support Transfer-Encoding")
    if request["headers"].get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = request["length"]
    if request["method"] == "PUT":
        left = length - min(length, len(pending))
        while left > 0:
            received = connection.recv_into(BUFFER, min(left, len(BUFFER)), DISCARD)
            if received == 0:
                raise ConnectionError("a body is cut")
            left -= received
        return pending[length:]
    while len(pending) < length:
        pending += connection.recv(65536)
    request["body"] = pending[:length]
    return pending[length:]


def answer(request):
    """Returns the name of the operation, headers and body."""
    method, path, query = request["method"], request["path"], request["query"]
    if path == "/-/figures":
        return None, {}, json.dumps({**figures, "cpu": time.process_time() - figures["cpu"]})
    if path == "/-/forget":
        forget()
        return None, {}, ""
    if path == "/-/empty":
        figures["bytes"] = 0
        return None, {}, ""
    if method == "PUT":
        md5 = base64.b64decode(request["headers"].get("content-md5", "")).hex()
        operation = "UploadPart" if "partNumber=" in query else "PutObject"
        return operation, {"etag": f'"{md5 or "0" * 32}"'}, ""
    if path == "/":
        account = "<Account>000000000000</Account>"
        return "GetCallerIdentity", XML, f"<GetCallerIdentityResponse><GetCallerIdentityResult>{account}</GetCallerIdentityResult></GetCallerIdentityResponse>"
    if method == "HEAD":
        return "Head", {"x-amz-bucket-region": "us-east-1"}, ""
    if method == "POST" and "uploadId=" in query:
        md5s = [bytes.fromhex(md5) for md5 in re.findall(r"([0-9a-f]{32})(?:\"|&quot;|&#34;)", request["body"].decode())]
        etag = f"{hashlib.md5(b''.join(md5s)).hexdigest()}-{len(md5s)}"
        return "CompleteMultipartUpload", XML, f"<CompleteMultipartUploadResult><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>"
    if method == "POST":
        return "CreateMultipartUpload", XML, f"<InitiateMultipartUploadResult><UploadId>{UPLOAD_ID}</UploadId></InitiateMultipartUploadResult>"
    if "list-type=2" in query:
        return "ListObjectsV2", XML, "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
    return "Get", XML, "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>"


def response(request, operation, headers, body):
    if operation:
        with lock:
            figures["requests"].append({"operation": operation, "status": 200, "pathname": request["path"]})
            if operation in ("PutObject", "UploadPart"):
                figures["bytes"] += request["length"]
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"content-length": len(body), **headers}.items())
    return f"HTTP/1.1 200 OK\r\n{fields}\r\n{body}".encode()


forget()
server = socket.create_server(("127.0.0.1", 0), backlog=256)
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=[server.accept()[0]], daemon=True).start()
