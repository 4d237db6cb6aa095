"""Files up and down."""

import pytest

from simulator.client import File, SimClient, SimRefused
from tests.system.simulator.api import Api, failed
from tests.system.simulator.conftest import png

MB = 1024 * 1024


async def test_photo(api: Api, sim: SimClient, person: int) -> None:
    """sendPhoto: an array of PhotoSize with width and height; the phone gets the same bytes."""
    sent = await api.upload(
        "sendPhoto", {"photo": ("qr.png", png(30, 20))}, chat_id=str(person), caption="Mã"
    )
    assert [(p["width"], p["height"]) for p in sent["photo"]] == [(30, 20)]
    seen = (await sim.messages(person, api.username))[-1]
    assert (seen["kind"], seen["caption"], seen["file"]["mime"]) == ("photo", "Mã", "image/png")
    assert await sim.file(seen["file"]["file_id"]) == png(30, 20)


async def test_send_again_by_file_id(api: Api, person: int) -> None:
    """A3: a file_id can be kept for good and sent again."""
    sent = await api.upload("sendPhoto", {"photo": ("a.png", png())}, chat_id=str(person))
    again = await api.call("sendPhoto", chat_id=person, photo=sent["photo"][-1]["file_id"])
    assert again["photo"] == sent["photo"]


async def test_file_id_belongs_to_one_bot(api: Api, sim: SimClient, person: int) -> None:
    """A3: a file_id belongs to one bot."""
    sent = await api.upload("sendPhoto", {"photo": ("a.png", png())}, chat_id=str(person))
    other = "8999999998:yet-another-bot"
    await sim.add_bot(other, "yet_another_bot")
    await sim.start(person, bot="yet_another_bot")
    values = {"chat_id": person, "photo": sent["photo"][0]["file_id"]}
    answer = failed(await api.http.post(f"{api.base_url}/bot{other}/sendPhoto", json=values))
    assert answer.description == "Bad Request: wrong file identifier/HTTP URL specified"


async def test_document_and_download(api: Api, sim: SimClient, person: int) -> None:
    """getFile: file_path, then https://…/file/bot<token>/<file_path> gives the bytes."""
    await sim.send_file(person, File("danh sách.xlsx", b"PK\x03\x04" * 50, caption="đây"), bot=api.username)
    [update] = await api.updates()
    document = update["message"]["document"]
    assert (document["file_name"], document["file_size"]) == ("danh sách.xlsx", 200)
    assert update["message"]["caption"] == "đây"
    file = await api.call("getFile", file_id=document["file_id"])
    answer = await api.http.get(f"{api.base_url}/file/bot{api.token}/{file['file_path']}")
    assert answer.content == b"PK\x03\x04" * 50


@pytest.mark.parametrize("path", ["nothing/here", "../simulator.sqlite3", "%2e%2e/simulator.sqlite3"])
async def test_other_paths_are_not_found(api: Api, path: str) -> None:
    """Files are found by their path only, never by a path on the disk."""
    assert (await api.http.get(f"{api.base_url}/file/bot{api.token}/{path}")).status_code == 404


@pytest.mark.parametrize(("size", "taken"), [(20 * MB, True), (20 * MB + 1, False)])
async def test_download_limit(api: Api, sim: SimClient, person: int, size: int, taken: bool) -> None:
    """A3: getFile 20 MB."""
    await sim.send_file(person, File("big.bin", b"\0" * size), bot=api.username)
    file_id = (await api.updates())[0]["message"]["document"]["file_id"]
    body = (await api.http.post("getFile", json={"file_id": file_id})).json()
    assert body.get("description") == (None if taken else "Bad Request: file is too big")


@pytest.mark.parametrize(("size", "code"), [(50 * MB, 200), (50 * MB + 1, 413)])
async def test_upload_limit(api: Api, person: int, size: int, code: int) -> None:
    """A3: upload 50 MB any file."""
    files = {"document": ("big.bin", b"\0" * size)}
    answer = await api.http.post("sendDocument", data={"chat_id": str(person)}, files=files)
    assert answer.status_code == code


PHOTOS = [
    ("A3: 10 MB", png(2, 2, padding=10 * MB), "is too big for a photo"),
    ("A3: width + height at most 10000", png(9000, 1001), "PHOTO_INVALID_DIMENSIONS"),
    ("A3: ratio at most 20", png(210, 10), "PHOTO_INVALID_DIMENSIONS"),
    ("what is no picture", b"hello", "IMAGE_PROCESS_FAILED"),
    ("an empty file", b"", "file must be non-empty"),
]


@pytest.mark.parametrize(("rule", "data", "refusal"), PHOTOS, ids=[p[0] for p in PHOTOS])
async def test_photos_refused(api: Api, person: int, rule: str, data: bytes, refusal: str) -> None:
    answer = await api.http.post("sendPhoto", data={"chat_id": str(person)}, files={"photo": ("a.png", data)})
    assert refusal in failed(answer).description, rule


@pytest.mark.parametrize(("width", "height"), [(9000, 1000), (200, 10), (10, 200)])
async def test_photos_at_the_limit(api: Api, person: int, width: int, height: int) -> None:
    """A3: width+height at most 10000, ratio at most 20."""
    sent = await api.upload("sendPhoto", {"photo": ("a.png", png(width, height))}, chat_id=str(person))
    assert (sent["photo"][0]["width"], sent["photo"][0]["height"]) == (width, height)


@pytest.mark.parametrize(
    ("photo", "refusal"),
    [
        ("", "there is no photo in the request"),
        ("nonsense", "wrong file identifier/HTTP URL specified"),
        ("https://example.org/a.png", "failed to get HTTP URL content"),
    ],
)
async def test_wrong_files(api: Api, person: int, photo: str, refusal: str) -> None:
    """A8: wrong file identifier; the simulator fetches nothing from elsewhere."""
    answer = await api.refused("sendPhoto", chat_id=person, photo=photo)
    assert answer.description == f"Bad Request: {refusal}"


async def test_kinds_do_not_mix(api: Api, person: int) -> None:
    """InputFile by file_id: a document cannot be sent as a photo."""
    sent = await api.upload("sendDocument", {"document": ("a.txt", b"a")}, chat_id=str(person))
    answer = await api.refused("sendPhoto", chat_id=person, photo=sent["document"]["file_id"])
    assert answer.description == "Bad Request: can't use file of type Document as Photo"


@pytest.mark.parametrize(("length", "taken"), [(1024, True), (1025, False)])
async def test_caption_limit(api: Api, person: int, length: int, taken: bool) -> None:
    """A3: caption 0-1024 after parsing."""
    fields = {"chat_id": str(person), "caption": f"<i>{'a' * length}</i>", "parse_mode": "HTML"}
    body = (await api.http.post("sendPhoto", data=fields, files={"photo": ("a.png", png())})).json()
    assert body.get("description") == (None if taken else "Bad Request: message caption is too long")


async def test_voice(api: Api, person: int) -> None:
    """sendVoice: a Voice with its duration."""
    sent = await api.upload("sendVoice", {"voice": ("a.ogg", b"OggS")}, chat_id=str(person), duration="4")
    assert (sent["voice"]["duration"], sent["voice"]["file_size"]) == (4, 4)


@pytest.mark.parametrize("kind", ["photo", "voice", "sticker", "document"])
async def test_what_people_send(api: Api, sim: SimClient, person: int, kind: str) -> None:
    """Message: photo, voice, sticker, document; each a valid object."""
    data = png(9, 9) if kind in {"photo", "sticker"} else b"data"
    await sim.send_file(person, File("tep", data, kind), bot=api.username)
    [update] = await api.updates()
    assert kind in update["message"]


async def test_location(api: Api, sim: SimClient, person: int) -> None:
    """Message.location: what the person's phone says."""
    await sim.send_location(person, 21.03, 105.85, bot=api.username)
    [update] = await api.updates()
    assert update["message"]["location"] == {"latitude": 21.03, "longitude": 105.85}


async def test_no_picture_as_photo(api: Api, sim: SimClient, person: int) -> None:
    """A phone sends only pictures as photos."""
    with pytest.raises(SimRefused, match="picture"):
        await sim.send_file(person, File("a.png", b"no picture", "photo"), bot=api.username)
    assert await api.updates() == []


@pytest.mark.parametrize(("count", "taken"), [(1, False), (2, True), (10, True), (11, False)])
async def test_album(api: Api, sim: SimClient, person: int, count: int, taken: bool) -> None:
    """A3: album 2-10 items; all carry one media_group_id."""
    sent = await api.upload("sendPhoto", {"photo": ("a.png", png())}, chat_id=str(person))
    media = [{"type": "photo", "media": sent["photo"][0]["file_id"], "caption": str(n)} for n in range(count)]
    if taken:
        album = await api.call("sendMediaGroup", chat_id=person, media=media)
        assert len({one["media_group_id"] for one in album}) == 1
        assert [one["caption"] for one in album] == [str(n) for n in range(count)]
    else:
        assert (await api.refused("sendMediaGroup", chat_id=person, media=media)).code == 400
