"""What tlog-scales is asked to do with our log, receipts and witness; all reading and checking is its own code."""
import sys
import urllib.request
from pathlib import Path
from tlog_scales import backend, reader, signing, tiles, tlog, utils


def log(folder):
    found = reader.TilesReader(backend.LocalBackend(Path(folder)))
    return found, found.get_checkpoint()


def checkpoint(folder, vkey):
    found, head = log(folder)
    head.verify(signing.Vkey.from_string(vkey))
    assert found.calculate_root_hash() == head.root_hash, "another root"
    print(f"{head.size} leaves, root {head.root_hash.hex()[:16]}")


def receipts(folder, vkeys, *paths):
    keys = signing.VkeySet(*[signing.Vkey.from_string(v) for v in vkeys.splitlines()])
    lines = 0
    for path in paths:
        proof, text = Path(path).read_text().split("\n\n", 1)
        first, *rest = proof.splitlines()
        assert first == "c2sp.org/tlog-proof@v1"
        if rest[0].startswith("extra "):
            rest.pop(0)
        index = int(rest.pop(0).removeprefix("index "))
        head = tlog.Checkpoint.from_text(text)
        found, _ = log(folder)
        leaf = tiles.leaf_hash(found.get_entry(index))
        path = tlog.InclusionProof(index, head.size, [utils.b64dec(h) for h in rest])
        path.check(leaf, head.root_hash)
        good = keys.verify(head.signatures, head)
        assert len(good) == len(keys.keys), f"{len(good)} of {len(keys.keys)} keys have signed"
        lines += len(good)
    kinds = sorted({k.sig_type for k in keys.keys.values()})
    print(f"{len(paths)} receipts, {lines} signatures of types {', '.join(f'0x{k:02x}' for k in kinds)}")


def client(folder, url, old, vkeys):
    found, head = log(folder)
    proof = [] if old == "0" else found.get_consistency_proof(int(old), head.size).node_hashes
    body = f"old {old}\n" + "".join(utils.b64enc(h) + "\n" for h in proof) + "\n" + head.serialize()
    asked = urllib.request.Request(url + "/add-checkpoint", body.encode())
    lines = urllib.request.urlopen(asked, timeout=10).read().decode().splitlines()
    keys = signing.VkeySet(*[signing.Vkey.from_string(v) for v in vkeys.splitlines()])
    good = keys.verify([signing.NoteSignature.from_line(line) for line in lines], head)
    assert len(good) == len(keys.keys) == 2, good
    print(head.size)


{"checkpoint": checkpoint, "receipts": receipts, "client": client}[sys.argv[1]](*sys.argv[2:])
