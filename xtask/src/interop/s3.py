"""An S3-compatible server of others (PyPI's `moto`) on loopback, for tests. Says where it is, and ends with its standard input.

It answers one request at a time, so that a condition and the write under it are one step. The words after the program's
name spoil it on purpose: `ignoring` takes conditional writes for plain ones, `refusing` takes no credentials,
`versioned` keeps older versions of every object.
"""

import os
import sys
import threading
import urllib.request

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

REFUSED = b"<Error><Code>InvalidAccessKeyId</Code><Message>unknown key</Message></Error>"
VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
words = sys.argv[1:]
backend = DomainDispatcherApplication(create_backend_app)
ready = threading.Event()


def application(environ, start_response):
    if ready.is_set() and "ignoring" in words:
        for condition in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
            environ.pop(condition, None)
    if ready.is_set() and "refusing" in words:
        start_response("403 Forbidden", [("Content-Type", "application/xml")])
        return [REFUSED]
    return backend(environ, start_response)


def put(path, body=b""):
    request = urllib.request.Request(url + path, data=body, method="PUT")
    request.add_header("Content-Type", "application/xml")
    # what service is meant stands there; nobody checks the signature
    request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=trial/20260101/us-east-1/s3/aws4_request")
    urllib.request.urlopen(request, timeout=20)


server = make_server("127.0.0.1", 0, application)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.port}"
put("/bucket")
if "versioned" in words:
    put("/bucket?versioning", VERSIONED)
ready.set()
print(url, flush=True)
sys.stdin.read()
os._exit(0)
