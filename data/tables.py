"""Reading a raw text table: every wrong cell is refused by file, line, column and reason."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.arrays import AnyArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """Text cells by column, with the line each row ends on, so that a later check can still name it."""

    file: str
    cells: dict[str, list[str]]
    line: list[int]

    def __len__(self) -> int:
        return len(self.line)

    def refuse(self, row: int, column: str, reason: str) -> ValueError:
        """The exception to raise about a cell."""
        return ValueError(f"{self.file} line {self.line[row]}, column {column}: {reason}")

    def text(self, column: str) -> list[str]:
        """Cells as they are; an empty one is refused."""
        for row, cell in enumerate(self.cells[column]):
            if not cell:
                raise self.refuse(row, column, "must not be empty")
        return self.cells[column]

    def integers(self, column: str, low: int, high: int) -> IntArray:
        """Whole numbers from ``low`` to ``high``, int64, shape (n,)."""
        return self._numbers(column, int, np.int64, low, high, "a whole number")

    def numbers(self, column: str, low: float, high: float, step: float | None = None) -> AnyArray:
        """Numbers from ``low`` to ``high``, float64, shape (n,); multiples of ``step`` where one is given."""
        made = self._numbers(column, float, np.float64, low, high, "a number")
        if step is not None:
            for row in np.flatnonzero(made / step != np.round(made / step))[:1]:
                cell = self.cells[column][row]
                raise self.refuse(row, column, f"must be a multiple of {step}, got {cell!r}")
        return made

    def _numbers(
        self, column: str, parse: Callable[[str], float], dtype: type, low: float, high: float, kind: str
    ) -> AnyArray:
        cells = self.cells[column]
        try:
            values = [parse(cell) for cell in cells]
        except ValueError:
            row = next(row for row, cell in enumerate(cells) if not _parses(parse, cell))
            raise self.refuse(row, column, f"must be {kind}, got {cells[row]!r}") from None
        for row, value in enumerate(values):
            if not low <= value <= high:                              # NaN too
                raise self.refuse(row, column, f"must be between {low} and {high}, got {cells[row]!r}")
        return np.array(values, dtype=dtype)


def read_table(file: str, content: bytes, columns: Sequence[str], encoding: str = "utf-8") -> RawTable:
    """Read comma-separated text with a header row; other columns than ``columns`` are skipped.

    Raises
    ------
    ValueError
        If it is not ``encoding``, a column is missing from the header, or a row has more or fewer cells.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line, byte = content[: error.start].count(b"\n") + 1, content[error.start]
        raise ValueError(f"{file} line {line}: must be {encoding} text, got byte {byte:#04x}") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        for column in columns:
            if column not in header:
                raise ValueError(f"{file} line 1: needs a column {column!r}, got {header}")
        rows: list[list[str]] = []
        lines: list[int] = []
        for cells in reader:
            if len(cells) != len(header):
                at, n = reader.line_num, len(header)
                raise ValueError(f"{file} line {at}: must have {n} cells, got {len(cells)}")
            rows.append(cells)
            lines.append(reader.line_num)
    except csv.Error as error:
        raise ValueError(f"{file} line {reader.line_num}: {error}") from None
    where = [header.index(column) for column in columns]
    by_column = {c: [cells[i] for cells in rows] for c, i in zip(columns, where, strict=True)}
    return RawTable(file, by_column, lines)


def _parses(parse: Callable[[str], float], cell: str) -> bool:
    try:
        parse(cell)
    except ValueError:
        return False
    return True
