"""A client of ``fastwright mcp`` over its pipes, and a relay that adds the token for clients that send none."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from pathlib import Path

REVISION = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"
META = {
    f"{PREFIX}protocolVersion": REVISION,
    f"{PREFIX}clientInfo": {"name": "benchmark", "version": "1"},
    f"{PREFIX}clientCapabilities": {},
}


class McpError(Exception):
    """The server did not answer as it should."""


class Client:
    """One server and its only client, in the revision without sessions."""

    def __init__(self, binary: Path, project: Path, *arguments: str) -> None:
        command = [str(binary), "mcp", str(project), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.number = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def request(self, method: str, params: dict) -> dict:
        """The result of a request."""
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": {**params, "_meta": META}}
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise McpError(f"{method}: {answer['error']}")
                return answer["result"]
        raise McpError(f"{method}: the server ended: {self.process.stderr.read().decode(errors='replace')[-600:]}")

    def call(self, tool: str, arguments: dict | None = None) -> dict:
        """The answer of a tool."""
        result = self.request("tools/call", {"name": tool, "arguments": arguments or {}})
        if result.get("isError"):
            raise McpError(f"{tool}: {result['content'][0]['text']}")
        return result["structuredContent"]

    def timed(self, tool: str, arguments: dict | None = None) -> float:
        """Seconds until a tool has answered."""
        start = time.perf_counter()
        self.call(tool, arguments)
        return time.perf_counter() - start

    def memory(self) -> float:
        """Resident megabytes (10^6 bytes) of the server."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024 / 1e6


class Relay:
    """Passes HTTP requests on to a server, each with the token, and with the server's name where the client used the
    relay's. Everything else stays as the client wrote it."""

    def __init__(self, port: int, token: str) -> None:
        self.target, self.token, self.port = port, token, 0
        started = threading.Event()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._serve, args=(started,), daemon=True).start()
        started.wait()

    def _serve(self, started: threading.Event) -> None:
        async def listen() -> None:
            server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
            self.port = server.sockets[0].getsockname()[1]
            started.set()

        self.loop.run_until_complete(listen())
        self.loop.run_forever()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
            back = asyncio.ensure_future(self._back(from_server, writer))
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lines = head.decode("latin-1").split("\r\n")
                own = (f"127.0.0.1:{self.port}", f"localhost:{self.port}")
                length = 0
                for index, line in enumerate(lines[1:], 1):
                    name, _, value = line.partition(":")
                    if name.lower() == "content-length":
                        length = int(value)
                    if name.lower() in ("host", "origin") and value.strip().removeprefix("http://") in own:
                        lines[index] = line.replace(f":{self.port}", f":{self.target}")
                lines.insert(1, f"Authorization: Bearer {self.token}")
                to_server.write("\r\n".join(lines).encode("latin-1") + await reader.readexactly(length))
                await to_server.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            to_server.close()
            await back
            writer.close()

    @staticmethod
    async def _back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()
        except ConnectionError:
            pass
