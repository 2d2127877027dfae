"""A mail server (aiosmtpd) and a webhook's receiver that know nothing of Seatkeeper.

Usage: receiver.py FOLDER MAIL-PORT HOOK-PORT [WORD...]

It prints both ports when it serves (0: any). What is taken is a line of JSON in FOLDER/taken, on the disk before it is
answered. Words: tls, starttls (with a certificate of FOLDER/authority.pem), login=USER:PASSWORD, secret=whsec_...,
refuse=ADDRESS (no mail for it), status=NUMBER (what the webhook answers), silent (takes, and never answers).
"""

import asyncio
import base64
import datetime
import email
import email.policy
import hashlib
import hmac
import ipaddress
import json
import os
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

BYTES_MAX = 1024 * 1024


class Receiver:
    def __init__(self, folder, words):
        self.folder = folder
        self.words = dict(word.partition("=")[::2] for word in words)

    async def take(self, line):
        with open(os.path.join(self.folder, "taken"), "a", encoding="utf-8") as taken:
            taken.write(json.dumps(line) + "\n")
            taken.flush()
            os.fsync(taken.fileno())
        if "silent" in self.words:
            await asyncio.Event().wait()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == self.words.get("refuse"):
            return "550 nobody has that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        await self.take(
            {
                "kind": "mail",
                "from": envelope.mail_from,
                "to": envelope.rcpt_tos,
                "encrypted": session.ssl is not None,
                "login": session.auth_data,
                "headers": [[name, str(value)] for name, value in mail.items()],
                "text": mail.get_content(),
            }
        )
        return "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        user, _, password = self.words["login"].partition(":")
        is_right = (data.login, data.password) == (user.encode(), password.encode())
        return AuthResult(success=is_right, handled=False, auth_data=user)

    async def hook(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        length = int(headers["content-length"])
        body = await reader.readexactly(min(length, BYTES_MAX))
        await self.take(
            {
                "kind": "event",
                "request": head[0],
                "headers": headers,
                "signed": self.is_signed(headers, body),
                "encrypted": writer.get_extra_info("ssl_object") is not None,
                "body": json.loads(body),
            }
        )
        status = self.words.get("status", "204")
        writer.write(f"HTTP/1.1 {status} so\r\ncontent-length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    def is_signed(self, headers, body):
        if "secret" not in self.words:
            return "webhook-signature" in headers
        key = base64.b64decode(self.words["secret"].removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return hmac.compare_digest(expected, headers.get("webhook-signature", ""))


def certificate(folder):
    """An authority, and its certificate for this machine; made once a folder."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    chain, authority = (os.path.join(folder, name) for name in ("chain.pem", "authority.pem"))
    if not os.path.exists(chain):
        now = datetime.datetime.now(datetime.timezone.utc)
        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("authority", "server")]

        def signed(which):
            made = x509.CertificateBuilder().subject_name(names[which]).issuer_name(names[0])
            made = made.public_key(keys[which].public_key()).serial_number(x509.random_serial_number())
            made = made.not_valid_before(now - datetime.timedelta(days=1))
            made = made.not_valid_after(now + datetime.timedelta(days=1))
            made = made.add_extension(x509.BasicConstraints(ca=which == 0, path_length=None), critical=True)
            if which == 1:
                here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
                made = made.add_extension(x509.SubjectAlternativeName(here), critical=False)
            return made.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

        with open(authority, "wb") as file:
            file.write(signed(0))
        secret = keys[1].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with open(chain, "wb") as file:
            file.write(signed(1) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


async def main(folder, mail_port, hook_port, words):
    receiver = Receiver(folder, words)
    is_encrypted = any(word in words for word in ("tls", "starttls"))
    context = certificate(folder) if is_encrypted else None
    options = {"hostname": "mail.example.net"}
    if "starttls" in words:
        options.update(tls_context=context, require_starttls=True)
    if "login" in receiver.words:
        options.update(authenticator=receiver.authenticate, auth_required=True, auth_require_tls=is_encrypted)
        if "tls" in words:
            options.update(auth_require_tls=False)
    loop = asyncio.get_running_loop()
    at_once = context if "tls" in words else None
    mail = await loop.create_server(lambda: SMTP(receiver, **options), "127.0.0.1", mail_port, ssl=at_once)
    hook = await asyncio.start_server(receiver.hook, "127.0.0.1", hook_port, ssl=context)
    print(*(server.sockets[0].getsockname()[1] for server in (mail, hook)), flush=True)
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
