"""A real DNS server with a small zone, over UDP and TCP on one free port. In a process of its own: `name_server.py HOST PORT ZONE-AS-JSON`.

A zone is a dict: a name's value is a list of records `(type, ttl, data)`, or a way to misbehave: "servfail", "refused", "lame" (an empty answer
of a server that asks nobody), "silent", "deaf once" (the first question is lost), "garbage", "stranger" (an answer to another question comes first)
or "cut" (too long for UDP, and over TCP the address 192.0.2.77). A name that is not there does not exist.
"""

import asyncio
import json
import sys

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

RCODES = {"servfail": dns.rcode.SERVFAIL, "refused": dns.rcode.REFUSED}
CUT = [("A", 60, "192.0.2.77")]


class NameServer(asyncio.DatagramProtocol):
    """`questions` are the (name, type, transport) that came, in order."""

    def __init__(self, zone, host="127.0.0.1", port=0):
        self.zone = zone
        self.host, self.port = host, port
        self.questions = []
        self._deaf = set()

    async def __aenter__(self):
        loop = asyncio.get_running_loop()
        self._tcp = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._tcp.sockets[0].getsockname()[1]
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(self.host, self.port))
        return self

    async def __aexit__(self, *exception):
        self._udp.close()
        self._tcp.close()
        await self._tcp.wait_closed()
        await asyncio.sleep(0.01)

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def connection_made(self, transport):
        self._udp = transport

    def datagram_received(self, data, peer):
        for answer in self._answers(data, "udp"):
            self._udp.sendto(answer, peer)

    async def _serve(self, reader, writer):
        try:
            data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            for answer in self._answers(data, "tcp"):
                writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answers(self, data, way):
        query = dns.message.from_wire(data)
        asked = query.question[0]
        name = asked.name.to_text(omit_final_dot=True).lower()
        self.questions.append((name, dns.rdatatype.to_text(asked.rdtype), way))
        what = self.zone.get(name)
        if what == "silent":
            return []
        if what == "deaf once" and (name, asked.rdtype) not in self._deaf:
            self._deaf.add((name, asked.rdtype))
            return []
        answer = self._answer(query, name, what, way)
        if what == "garbage":
            return [answer[:12] + b"\xff" * 9]
        return [b"\x00\x00" + answer[2:], answer] if what == "stranger" else [answer]

    def _answer(self, query, name, what, way):
        answer = dns.message.make_response(query)
        if isinstance(what, str) and what in RCODES:
            answer.set_rcode(RCODES[what])
        elif what != "lame":
            answer.flags |= dns.flags.RA
        if what == "cut" and way == "udp":
            answer.flags |= dns.flags.TC
        elif isinstance(what, str) and what in {"cut", "stranger", "deaf once"}:
            self._fill(answer, name, CUT)
        elif what is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif not isinstance(what, str):
            self._follow(answer, name)
        return answer.to_wire()

    def _follow(self, answer, name):
        """The records of the name, and of where its aliases lead."""
        for _ in range(20):
            records = self.zone.get(name)
            if records is None:
                answer.set_rcode(dns.rcode.NXDOMAIN)
                return
            self._fill(answer, name, records)
            aliases = [data for kind, _, data in records if kind == "CNAME"]
            if not aliases:
                return
            name = aliases[0].rstrip(".")

    def _fill(self, answer, name, records):
        asked = dns.rdatatype.to_text(answer.question[0].rdtype)
        for kind, ttl, data in records:
            if kind in {asked, "CNAME"}:
                answer.find_rrset(
                    answer.answer,
                    dns.name.from_text(name),
                    answer.question[0].rdclass,
                    dns.rdatatype.from_text(kind),
                    create=True,
                ).update(dns.rrset.from_text(name + ".", ttl, "IN", kind, data))


async def serve(host, port, zone):
    """Until the process is ended; says so when it listens."""
    async with NameServer(zone, host, port):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])))
