"""Files that were sent: their bytes on disk, their names in memory."""

import mimetypes
import secrets
from pathlib import PurePosixPath

from simulator.models import StoredFile
from simulator.pictures import picture_size
from simulator.store import Store

_FOLDERS = {"photo": "photos", "document": "documents", "voice": "voice", "sticker": "stickers"}
_LETTERS = {"photo": "AgACAgU", "document": "BQACAgU", "voice": "AwACAgU", "sticker": "CAACAgU"}
_EXTENSIONS = {"voice": ".oga", "sticker": ".webp", "photo": ".jpg"}


class Files:
    """A file_id belongs to one bot, as on the platform; the same bytes may have many."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_id: dict[str, StoredFile] = {f.file_id: f for f in store.rows("file", StoredFile)}
        self._by_path = {(f.owner, f.path): f for f in self._by_id.values()}

    def get(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at_path(self, owner: str, path: str) -> StoredFile | None:
        return self._by_path.get((owner, path))

    def read(self, file: StoredFile) -> bytes:
        return (self._store.files / file.unique_id).read_bytes()

    def keep(self, owner: str, kind: str, name: str, data: bytes, mime: str = "") -> StoredFile:
        """Store the bytes and give them a file_id that only `owner` may use."""
        size = picture_size(data) if kind in {"photo", "sticker"} else None
        mime = (size[2] if size else mime) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        extension = PurePosixPath(name).suffix[:16] or _EXTENSIONS.get(kind, "")
        unique = "AQAD" + secrets.token_urlsafe(9).replace("-", "x")
        number = len(self._by_id) + 1
        file = StoredFile(
            file_id=_LETTERS[kind] + secrets.token_urlsafe(36),
            unique_id=unique,
            owner=owner,
            kind=kind,
            name=name,
            size=len(data),
            mime=mime,
            path=f"{_FOLDERS[kind]}/file_{number}{extension}",
            width=size[0] if size else None,
            height=size[1] if size else None,
        )
        (self._store.files / unique).write_bytes(data)
        self._by_id[file.file_id] = self._by_path[owner, file.path] = file
        self._store.put("file", file.file_id, file)
        return file
