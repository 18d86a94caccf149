"""A mail server that takes mail by STARTTLS from whoever signs in, as that of a provider does.

`python mailbox.py FOLDER CERTIFICATES PORT` adds each message's recipient and subject to FOLDER/mails.jsonl.
"""

import asyncio
import base64
import email
import email.policy
import json
import ssl
import sys
from pathlib import Path

USER = "alerts"
PASSWORD = "correct horse"
SIGN_IN = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()


class Mailbox:
    """Keeps what arrives."""

    def __init__(self, folder: Path, certificates: Path) -> None:
        self._file = folder / "mails.jsonl"
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(certificates / "server.crt", certificates / "server.key")

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the mail of one connection."""
        recipient, encrypted, known = "", False, False
        writer.write(b"220 mailbox\r\n")
        while line := (await reader.readline()).decode().strip():
            word, _, rest = line.partition(" ")
            match word.upper():
                case "EHLO":
                    writer.write(f"250-mailbox\r\n250 {'AUTH PLAIN' if encrypted else 'STARTTLS'}\r\n".encode())
                case "STARTTLS":
                    writer.write(b"220 go on\r\n")
                    await writer.drain()
                    await writer.start_tls(self._tls)
                    encrypted = True
                case "AUTH" if encrypted and rest == f"PLAIN {SIGN_IN}":
                    known = True
                    writer.write(b"235 welcome\r\n")
                case "MAIL" if known:
                    writer.write(b"250 ok\r\n")
                case "RCPT" if known:
                    recipient = rest.partition("<")[2].partition(">")[0]
                    writer.write(b"250 ok\r\n")
                case "DATA" if recipient:
                    writer.write(b"354 go on\r\n")
                    self._keep(recipient, await reader.readuntil(b"\r\n.\r\n"))
                    writer.write(b"250 kept\r\n")
                case "QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                case _:
                    writer.write(b"530 sign in first, by STARTTLS\r\n")
        writer.close()

    def _keep(self, recipient: str, text: bytes) -> None:
        message = email.message_from_bytes(text, policy=email.policy.default)
        with self._file.open("a") as file:
            file.write(json.dumps({"to": recipient, "subject": str(message["Subject"])}) + "\n")


async def main(folder: str, certificates: str, port: str) -> None:
    """Take mail until killed."""
    mailbox = Mailbox(Path(folder), Path(certificates))
    server = await asyncio.start_server(
        mailbox.talk, "0.0.0.0", int(port), limit=1 << 20
    )  # inside the daemon's network
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
