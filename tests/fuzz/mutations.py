"""Changes of valid text files: of bytes, characters, cells and lines.

A change is a function ``change(data, rng)`` from bytes to bytes. Most of the inserted values have made some reader
fail.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

Rng = random.Random
Change = Callable[[bytes, Rng], bytes]

#: Spellings of numbers; Python reads some of them that no other program does.
NUMBERS = (
    *(
        "--5",
        "-1",
        "0",
        "-0",
        "+7",
        "007",
        "1.5",
        "1e5",
        "1E400",
        "1e-400",
        "nan",
        "inf",
        "-inf",
        "²",
        "٣",
        "１２",
        "5_0",
    ),
    *(
        "9" * 5000,
        str(2**63),
        str(2**63 - 1),
        str(2**31),
        "0x10",
        "1,000",
        "",
        ".",
        "NA",
        "True",
        "-",
        "1e15",
        "5 ",
        "½",
    ),
)
#: Names that are special to a format, a table, a terminal or a web page.
NAMES = (
    *('"', '"a', "'", "name", "index", "split", "label_x", "nan", "None", "NA", "#x", ">x", "//", "track", "browser"),
    *(
        "\x1b[31mred",
        "a\x07b",
        "é",
        "\u2028",
        "\ufeff",
        "名",
        "<script>alert(1)</script>",
        "=cmd",
        "../..",
        "%s{0}",
        "*",
    ),
    *(
        "\x85",
        "\x1c",
        "\x0b",
        "\x0c",
        "\x00",
        "\u202e",
        "MOTIF x",
        "chr1:5-9",
        "P0",
        "AC",
        "A",
        "a|b",
        "a;b",
        "a b",
        "\udcff",
    ),
)
_LONG = ("N" * 1_000_000, "A" * 50_000, "9 " * 50_000, "\t" * 20_000, ">" * 10_000, "a+" * 10_000)


def token(rng: Rng) -> str:
    """A number or name that is likely to be read wrongly; 1 in 50 is long."""
    kind = rng.random()
    return rng.choice(NUMBERS) if kind < 0.55 else rng.choice(NAMES) if kind < 0.98 else rng.choice(_LONG)


# --- text ---


def change_text(data: bytes, rng: Rng, *, others: tuple[bytes, ...] = ()) -> bytes:
    """Apply one to three changes to a text file; `others` are files of other formats to join with it."""
    text = data.decode("utf-8", "surrogateescape")
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choices((_change_cell, _change_lines, _change_characters, _change_whole), (5, 3, 2, 1))[0]
        text = change(text, rng)
    if others and rng.random() < 0.04:
        parts = [text, rng.choice(others).decode("utf-8", "surrogateescape")]
        rng.shuffle(parts)
        text = "".join(parts)
    return (
        text.encode("utf-8", "surrogateescape")
        if rng.random() < 0.98
        else change_bytes(text.encode("utf-8", "surrogateescape"), rng)
    )


def _change_cell(text: str, rng: Rng) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    # Separators are kept between the cells.
    cells = re.split(r"(\t| +)" if rng.random() < 0.8 else r"([\t :=|\[\]-]+)", lines[at])
    k = rng.randrange(0, len(cells), 2)
    other = rng.randrange(0, len(cells), 2)
    match rng.randrange(6):
        case 0:
            cells[k] = token(rng)
        case 1:
            cells[k] = _other_number(cells[k], rng)
        case 2:
            del cells[k : k + 2]
        case 3:
            cells[k:k] = [cells[k], cells[1] if len(cells) > 1 else "\t"]
        case 4:
            cells[k], cells[other] = cells[other], cells[k]
        case 5:
            cells += ["\t" if "\t" in lines[at] else " ", token(rng)]
    lines[at] = "".join(cells)
    return "\n".join(lines)


def _other_number(cell: str, rng: Rng) -> str:
    try:
        value = float(cell)
        return rng.choice(
            (f"{value + 1:g}", f"{-value:g}", f"{value * 1000:.0f}", f"{value:.3e}", f"{value / 3}", f" {cell}")
        )
    except (ValueError, OverflowError):
        return rng.choice((cell.upper(), cell.lower(), cell[::-1], cell * 2, cell[:-1], f'"{cell}"', f" {cell} "))


def _change_lines(text: str, rng: Rng) -> str:
    lines = text.split("\n")
    i, j = sorted(rng.randrange(len(lines) + 1) for _ in range(2))
    block = lines[i : min(j, i + 50)]
    match rng.randrange(6):
        case 0:
            del lines[i : i + len(block)]
        case 1:
            lines[i:i] = block
        case 2:
            rest = lines[:i] + lines[i + len(block) :]
            k = rng.randrange(len(rest) + 1)
            lines = rest[:k] + block + rest[k:]
        case 3:
            lines.insert(
                i, rng.choice(("", "  ", "#", "# comment", "track name=x", ">", "\t\t", "//", "XX", "##", token(rng)))
            )
        case 4:  # two lines become one
            lines[i : i + 2] = ["".join(lines[i : i + 2])]
        case 5:
            block = lines[i : i + 1] * rng.choice((2, 100, 20_000) if len(text) < 3000 else (2, 100))
            lines[i:i] = block
    return "\n".join(lines)


def _change_characters(text: str, rng: Rng) -> str:
    at = rng.randrange(len(text) + 1)
    match rng.randrange(4):
        case 0:
            return text[:at] + rng.choice("\0\r\n\t >#.-+*|;,\"'ANXacgt0159\x1a\ufffd") + text[at:]
        case 1:
            return text[:at] + text[at + rng.randint(1, 20) :]
        case 2:
            return text[:at]
        case _:
            return text[:at] + chr(rng.randrange(32, 127)) + text[at + 1 :]


def _change_whole(text: str, rng: Rng) -> str:
    changes: tuple[Callable[[], str], ...] = (
        lambda: text.replace("\n", "\r\n"),
        lambda: text.replace("\n", "\r"),
        lambda: text.replace("\t", " "),
        lambda: text.replace(" ", "\t"),
        lambda: "\ufeff" + text,
        lambda: text.lower(),
        lambda: text.upper(),
        lambda: text.replace(".", ","),
        lambda: text.rstrip("\n"),
        lambda: text + text,
        lambda: text.replace("\n", "\n\n"),
        lambda: text.encode("utf-16", "replace").decode("latin-1"),
        lambda: rng.choice(("", "\n", " ", "\0", "\ufeff")),
    )
    return rng.choice(changes)()


def change_bytes(data: bytes, rng: Rng) -> bytes:
    """Flip, insert, delete or cut bytes."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(4):
            case 0 if at < len(changed):
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at:at] = rng.randbytes(rng.choice((1, 4, 100)))
            case 2:
                del changed[at : at + rng.choice((1, 4, 100))]
            case _ if rng.random() < 0.3:
                del changed[at:]
    return bytes(changed)
