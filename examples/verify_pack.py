#!/usr/bin/env python3
"""Verifies license packs without Seatkeeper: Python 3 and the package `cryptography`, nothing else.

    verify_pack.py PACK.lic --key [VENDOR=]KEY [--host-id ID ...]

It follows crates/license/README.md from the bytes of the file to the verdict on each pack. It says who
signed what; what a line gives, and until when, is for whoever reads the line.

Exit status: 0 when every pack in the file is good and whole, 1 when not, 2 when it is called wrongly.
"""

import argparse
import base64
import hashlib
import re
import sys
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FILE_MAX, LINE_MAX, WORDS_MAX, CONTINUATIONS_MAX = 64 << 20, 64 << 10, 512, 64
KEYWORDS = {b"SERVER", b"VENDOR", b"DAEMON", b"USE_SERVER", b"FEATURE", b"INCREMENT", b"UPGRADE",
            b"PACKAGE", b"FEATURESET", b"SEAL"}
FIELDS = {b"FEATURE": 5, b"INCREMENT": 5, b"UPGRADE": 6, b"SEAL": 3}
# The points of small order, in their canonical encodings: no key, and no R of a signature.
SMALL_ORDER = {bytes.fromhex(point) for point in (
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")}


class Bad(Exception):
    """Why a line, or a file, proves nothing."""


# ── The file: logical lines of words ──────────────────────────────────────────────────────────────

EOL = rb"(?:\r\n|\r|\n|\Z)"
CONTINUATION = re.compile(rb"\\[ \t]*" + EOL)
BETWEEN = re.compile(rb"(?:[ \t]|\\[ \t]*" + EOL + rb")*")
LINE_END = re.compile(EOL)
COMMENT = re.compile(rb"[ \t]*#[^\r\n]*")
# Inside a value: a run of continuations, with the blanks around them, is one blank.
JOINED = re.compile(rb"(?:[ \t]*\\[ \t]*(?:\r\n|\r|\n))+[ \t]*")

Word = namedtuple("Word", "text key value form")  # value is None where there is no `=`
Line = namedtuple("Line", "number keyword words broken")


def lines_of(data):
    """Every logical line that begins with a keyword."""
    if len(data) > FILE_MAX or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise Bad("it is too long, or UTF-16")
    if re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", data):
        raise Bad("it has control characters")
    at, number = (3 if data.startswith(b"\xef\xbb\xbf") else 0), 1
    while at < len(data):
        comment = COMMENT.match(data, at)
        end = comment.end() if comment else at
        words, broken, start = [], None, end
        if not comment:
            words, broken, start, end = words_of(data, at)
        next_at = LINE_END.match(data, end).end()
        if words and words[0].text.upper() in KEYWORDS:
            first = number + len(re.findall(rb"\r\n|\r|\n", data[at:start]))
            yield Line(first, words[0].text.upper(), words[1:], broken)
        number += len(re.findall(rb"\r\n|\r|\n", data[at:next_at]))
        at = max(next_at, at + 1)


def words_of(data, at):
    """The words up to the end of a logical line; what is broken; where the first one begins; the end."""
    words, broken, continuations = [], None, 0
    line_start = at + len(re.match(rb"[ \t]*", data[at:at + LINE_MAX]).group())
    first = None
    while True:
        blank = BETWEEN.match(data, at)
        continuations += len(CONTINUATION.findall(blank.group()))
        at = blank.end()
        if first is None:
            first = at
        if LINE_END.match(data, at):
            break
        word, at, problem, joins = word_at(data, at)
        broken, continuations = broken or problem, continuations + joins
        words.append(word)
        if at - line_start > LINE_MAX or len(words) > WORDS_MAX or continuations > CONTINUATIONS_MAX:
            broken = broken or "it is too long"
    return words, broken, first, at


def word_at(data, start):
    at, form, broken = start, "plain", None
    while True:
        byte = data[at:at + 1]
        if byte in (b"", b" ", b"\t", b"\r", b"\n") or CONTINUATION.match(data, at):
            break
        if byte == b'"':
            form = "quoted"
            at, broken = after_quote(data, at)
            break
        if byte == b"{" and data[start:at] == b"AUTH=":
            form = "braced"
            at, broken = after_brace(data, at)
            break
        at += 1
    ends = data[at:at + 1] in (b"", b" ", b"\t", b"\r", b"\n") or CONTINUATION.match(data, at)
    if form != "plain" and not ends:
        broken = broken or "a quoted value goes on after its closing quote"
    text = data[start:at]
    # A key ends at the first `=` that is not inside quotes.
    bare = text if form == "plain" else text[:text.find(b'"' if form == "quoted" else b"{")]
    key, equals, _ = bare.partition(b"=")
    value = text[len(key) + 1:] if equals else None
    if value is not None and form != "plain":
        value = JOINED.sub(b" ", value)
        value = value.replace(b'"', b"") if form == "quoted" else value
    joins = len(re.findall(rb"\r\n|\r|\n", text))
    return Word(text, key if equals else text, value, form), at, broken, joins


def after_quote(data, at):
    """Behind the closing quote of the one at `at`; a line end that is not continued is none."""
    found = re.compile(rb'"(?:[^"\\\r\n]|\\(?:[ \t]*(?:\r\n|\r|\n))?)*"').match(data, at)
    return (found.end(), None) if found else (unclosed_end(data, at), "a quote is not closed")


def after_brace(data, at):
    depth, start = 0, at
    while at < len(data):
        joined = CONTINUATION.match(data, at)
        byte = data[at:at + 1]
        if joined:
            at = joined.end()
            continue
        if byte in (b"\r", b"\n"):
            break
        if byte == b'"':
            at, broken = after_quote(data, at)
            if broken:
                return at, broken
            continue
        depth += (byte == b"{") - (byte == b"}")
        at += 1
        if depth == 0:
            return at, None
    return unclosed_end(data, start), "a brace is not closed"


def unclosed_end(data, at):
    return re.compile(rb"(?:[^\\\r\n]|\\(?:[ \t]*(?:\r\n|\r|\n))?)*").match(data, at).end()


# ── Lines: fields, attributes, canonical form ─────────────────────────────────────────────────────


def fields_of(line):
    if line.keyword == b"PACKAGE":
        has_version = len(line.words) > 2 and re.fullmatch(rb"[0-9.]+", line.words[2].text) is not None
        return 3 if has_version else 2
    return FIELDS.get(line.keyword)


def is_free(word):
    return word.value is not None and word.key[:1].islower() and word.key == word.key.lower()


def attribute(line, key):
    return next((w.value for w in line.words[fields_of(line):] if w.key == key and w.value is not None), None)


def check_shape(line):
    if line.broken:
        raise Bad(line.broken)
    fields = fields_of(line)
    if len(line.words) < fields or any(w.form != "plain" for w in line.words[:fields]):
        raise Bad("it has too few fields, or quoted ones")
    seen = set()
    for at, word in enumerate(line.words[fields:]):
        bare_key = at == 0 and re.fullmatch(rb"(?=.*[0-9])[0-9A-Za-z]{12,20}", word.text)
        named = re.fullmatch(rb"[A-Za-z_][0-9A-Za-z_]*", word.key)
        if not bare_key and not (named and (word.value is not None or word.key == word.key.upper())):
            raise Bad(f"{shown(word.text)} is no attribute")
        if word.key in seen and not is_free(word):
            raise Bad(f"{shown(word.key)} stands twice")
        seen.add(word.key)


def own_rows(line, index):
    """The rows of the canonical form that are the line's own."""
    fields = fields_of(line)
    words = [line.keyword] + [w.text for w in line.words[:fields]]
    for word in line.words[fields:]:
        if word.key == b"SIGN" or is_free(word):
            continue
        quote = b"" if word.form == "braced" else b'"'
        words.append(word.key + (b"" if word.value is None else b"=" + quote + word.value + quote))
    text = b" ".join(words)
    if len(text) > LINE_MAX:
        raise Bad("it is too long")
    return b"line %d\n%s\n" % (index, text)


def canonical(line, hosts, digest, index):
    pack = b"" if digest is None else b"pack " + digest + b"\n"
    return b"seatkeeper license line 1\n" + host_rows(hosts) + pack + own_rows(line, index)


def host_rows(hosts):
    return b"".join(b"host " + host + b"\n" for host in hosts)


def host_id(text):
    """The one canonical spelling of a host id."""
    bad = rb'[",\\#]' if text[:8].upper() == b"DISPLAY=" else rb'[",\\/#]'
    if not 0 < len(text) <= 64 or not re.fullmatch(rb'[!-~]+', text) or re.search(bad, text):
        raise Bad(f"{shown(text)} is no host id")
    if b"=" in text:
        key, value = text.split(b"=", 1)
        if not re.fullmatch(rb"[0-9A-Za-z_]+", key) or not value:
            raise Bad(f"{shown(text)} is no host id")
        return key.upper() + b"=" + (value if key.upper() in (b"USER", b"DISPLAY") else value.lower())
    if text.upper() in (b"ANY", b"DEMO"):
        return text.upper()
    if re.fullmatch(rb"[0-9A-Za-z]{5}(-[0-9A-Za-z]{5}){3}", text):
        return text.lower()
    digits = re.sub(rb"[:-]", b"", text)
    if not re.fullmatch(rb"[0-9A-Fa-f]{2,}", digits) or (digits != text and len(digits) != 12):
        raise Bad(f"{shown(text)} is no host id")
    return digits.lower()


def hosts_of(lines):
    servers = [line for line in lines if line.keyword == b"SERVER"]
    if len(servers) not in (1, 3) or any(line.broken or len(line.words) < 2 for line in servers):
        raise Bad(f"it has {len(servers)} SERVER lines, or broken ones: a license host has one or three")
    hosts = [host_id(line.words[1].text) for line in servers]
    if b"DEMO" in hosts:
        raise Bad("DEMO is no license host")
    return hosts


# ── Signatures ────────────────────────────────────────────────────────────────────────────────────


def number(text):
    if not re.fullmatch(rb"0|[1-9][0-9]{0,8}", text):
        raise Bad(f"{shown(text)} is no number")
    return int(text)


def strict_base64(text, size):
    """There is one way to write bytes in base64."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if len(data) != size or base64.b64encode(data) != text:
        raise Bad(f"{shown(text)} is not {size} bytes in base64")
    return data


class Key:
    def __init__(self, text):
        vendor, equals, rest = text.rstrip("=").partition("=")
        self.vendor = vendor.encode() if equals else None
        data = strict_base64((text[len(vendor) + 1:] if equals else text).encode(), 32)
        y = int.from_bytes(data, "little") & ((1 << 255) - 1)
        if y >= (1 << 255) - 19 or data in SMALL_ORDER:
            raise Bad("the key is of small order, or not in its canonical encoding")
        self.public = Ed25519PublicKey.from_public_bytes(data)
        self.id = hashlib.sha256(data).hexdigest()[:8].encode()

    def verifies(self, signature, form):
        if signature[:32] in SMALL_ORDER:
            return False
        try:
            self.public.verify(signature, form)
            return True
        except InvalidSignature:
            return False


def signature_of(line):
    """(key id, index, 64 bytes); nothing where the line has no signature of this format."""
    sign = attribute(line, b"SIGN") if fields_of(line) <= len(line.words) else None
    if sign is None or b":" not in sign:
        return None
    found = re.fullmatch(rb"([0-9a-f]{8}):([0-9]+):([0-9A-Za-z+/=]+)", sign)
    if not found:
        raise Bad("its SIGN= is no signature")
    return found[1], number(found[2]), strict_base64(found[3], 64)


def verify(line, vendor, hosts, digest, signature, keys):
    """The canonical form, if one of the vendor's keys signed it."""
    key_id, index, data = signature
    of_vendor = [key for key in keys if key.vendor in (None, vendor) and key.id == key_id]
    if not of_vendor:
        raise Bad(f"{shown(vendor)} has no trusted key {shown(key_id)}")
    form = canonical(line, hosts, digest, index)
    if not any(key.verifies(data, form) for key in of_vendor):
        raise Bad("the signature does not belong to it, or to this delivery of its pack")
    return form


# ── Packs ─────────────────────────────────────────────────────────────────────────────────────────


class Pack:
    """A pack, by its vendor and number."""

    def __init__(self, name):
        self.name, self.seal, self.lines, self.bad, self.refused = name, None, {}, 0, None

    def refuse(self, why):
        self.refused = self.refused or why

    def close(self, hosts):
        """Holds the lines against the seal. What is missing."""
        if self.seal is None:
            self.refuse("its seal is missing or bad")
        if self.refused:
            return []
        _, count, rewrites, digest = self.seal
        upgraded = {line.words[0].text for line, _ in self.lines.values() if line.keyword == b"UPGRADE"}
        for index, (line, _) in sorted(self.lines.items()):
            if index > count:
                self.refuse(f"its seal knows {count} lines, and this one is number {index}")
            elif takes_away(line, upgraded) != (index in rewrites):
                self.refuse(f"the seal and line {index} differ on whether it takes something away")
        if any(index not in self.lines for index in rewrites):
            self.refuse("a line that takes something away is missing or bad")
        missing = [index for index in range(1, count + 1) if index not in self.lines]
        if not missing and not self.refused:
            rows = [own_rows(line, index) for index, (line, _) in sorted(self.lines.items())]
            text = b"seatkeeper license pack 1\n" + host_rows(hosts) + b"".join(rows)
            if hashlib.sha256(text).hexdigest().encode() != digest:
                self.refuse("its seal's DIGEST is not the one of its lines")
        return missing


def takes_away(line, upgraded):
    """Whether the seal must name a line: also every line of a feature that the pack upgrades."""
    keys = (b"SUPERSEDE", b"SUPERSEDE_SIGN", b"VOIDS")
    return (line.keyword in (b"UPGRADE", b"PACKAGE") or line.words[0].text in upgraded
            or any(w.key in keys for w in line.words[fields_of(line):]))


def ranges(text):
    """`1-3 5`: rising, divided by one blank."""
    numbers, last = [], 0
    for word in text.split(b" "):
        first, _, end = word.partition(b"-")
        first, end = number(first), number(end if b"-" in word else first)
        if first <= last or end < first or end > 1_000_000:
            raise Bad("its REWRITES= is no list of ranges")
        numbers.extend(range(first, end + 1))
        last = end
    return set(numbers)


def read_seal(line):
    for word in line.words[3:]:
        if word.key not in (b"REWRITES", b"DIGEST", b"SIGN") and not is_free(word):
            raise Bad(f"unknown attribute {shown(word.key)} of a seal")
    digest, rewrites = attribute(line, b"DIGEST"), attribute(line, b"REWRITES")
    if digest is None or not re.fullmatch(rb"[0-9a-f]{64}", digest):
        raise Bad("it has no DIGEST=")
    return number(line.words[2].text), ranges(rewrites) if rewrites is not None else set(), digest


def named(vendor, pack):
    if not re.fullmatch(rb"[0-9A-Za-z_.-]{1,32}", vendor) or not re.fullmatch(rb"[0-9A-Za-z_.-]{1,32}", pack or b""):
        raise Bad("it names no vendor or no pack")
    return vendor, pack


class Verifier:
    def __init__(self, hosts, keys):
        self.hosts, self.keys, self.packs = hosts, keys, {}

    def pack(self, name):
        return self.packs.setdefault(name, Pack(name))

    def seal(self, line):
        check_shape(line)
        name = named(line.words[0].text, line.words[1].text)
        signature = signature_of(line)
        pack = self.pack(name)
        if signature is None or signature[1] != 0:
            raise Bad("it has no signature of a seal")
        form = verify(line, name[0], self.hosts, None, signature, self.keys)
        seal = (form, *read_seal(line))
        if pack.seal is None:
            pack.seal = seal
        elif pack.seal[0] != form:
            pack.refuse("it has two different seals")

    def line(self, line):
        """True when it is good, None when nobody claims that it is signed in this format."""
        signature = signature_of(line)
        if signature is None:
            return None
        check_shape(line)
        name = named(line.words[1].text, attribute(line, b"PACK"))
        pack = self.pack(name)
        try:
            if signature[1] == 0:
                raise Bad("its SIGN= is a seal's")
            if pack.seal is None:
                raise Bad("there is no good seal of its pack")
            form = verify(line, name[0], self.hosts, pack.seal[3], signature, self.keys)
            host_key = attribute(line, b"HOST_KEY")
            if host_key is not None:
                strict_base64(host_key, 32)
        except Bad:
            pack.bad += 1
            raise
        _, known = pack.lines.setdefault(signature[1], (line, form))
        if known != form:
            pack.refuse(f"it has two different lines number {signature[1]}")
        return True


def verify_file(data, keys, here):
    """Prints each line and each pack. Whether every pack is good and whole."""
    lines = list(lines_of(data))
    hosts = hosts_of(lines)
    verifier, all_good = Verifier(hosts, keys), True
    licenses = (b"FEATURE", b"INCREMENT", b"UPGRADE", b"PACKAGE")
    for of, read in (((b"SEAL",), verifier.seal), (licenses, verifier.line)):
        for line in (line for line in lines if line.keyword in of):
            text = b" ".join([line.keyword] + [w.text for w in line.words[:fields_of(line)]])
            try:
                word = "not signed" if read(line) is None and of is licenses else "good"
                print(f"line {line.number}: {word}: {shown(text)}")
            except Bad as why:
                all_good = False
                print(f"line {line.number}: bad: {shown(text)}: {why}")
    elsewhere = here and hosts[0] != b"ANY" and hosts[0] not in here
    for (vendor, pack_number), pack in sorted(verifier.packs.items()):
        missing = pack.close(hosts)
        head = f"pack {shown(pack_number)} of {shown(vendor)}:"
        if pack.refused:
            print(head, "refused:", pack.refused)
        elif elsewhere:
            print(head, "made for another license host,", shown(hosts[0]))
        elif missing or pack.bad:
            gaps = ", ".join(map(str, missing)) or "none"
            print(head, f"incomplete: {len(pack.lines)} of {pack.seal[1]} lines are good, missing: {gaps}")
        else:
            print(head, f"good: {pack.seal[1]} of {pack.seal[1]} lines")
        all_good &= not (pack.refused or elsewhere or missing or pack.bad)
    if not verifier.packs:
        print("there is no pack")
    return all_good and bool(verifier.packs)


def shown(text):
    return "".join(c if c.isprintable() else "?" for c in text[:200].decode("latin-1"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pack", metavar="PACK.lic")
    parser.add_argument("--key", action="append", required=True, metavar="[VENDOR=]KEY", help="a trusted key")
    parser.add_argument("--host-id", nargs="+", default=[], metavar="ID", help="what this license host is")
    args = parser.parse_args()
    try:
        keys = [Key(text) for text in args.key]
        here = [host_id(text.encode()) for text in args.host_id]
        with open(args.pack, "rb") as file:
            data = file.read(FILE_MAX + 1)
    except (Bad, ValueError, OSError) as why:
        parser.error(str(why))
    try:
        return 0 if verify_file(data, keys, here) else 1
    except Bad as why:
        print(f"{args.pack}: bad: {why}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
