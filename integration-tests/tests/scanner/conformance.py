"""Scores the scanner's reading of pictures beside zxing-cpp, zbar and plain rqrr: conformance.py DIR PROGRAMS [CASES].

DIR has a manifest.json: a list of {"file", "expect": [texts], "negative", "quads"}; a picture without texts and without
"negative" has codes whose texts nobody wrote down. PROGRAMS has examples/sight-frames and examples/payer-frames. Every picture
is shown at 0, 90, 180 and 270 degrees; all decoders get the same grey bytes and look for QR Code Model 2 only. Time is
processor time of one thread. Writes target/bench/scanner.json and ends with 1 where a floor does not hold.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict

import numpy
import zxingcpp
from PIL import Image

try:
    from pyzbar import pyzbar
except ImportError:  # without the shared library the column stays empty
    pyzbar = None

TURNS = range(4)
ENGINES = ["chit", "still", "zxing-cpp", "zbar", "rqrr"]
WAYS = ["blur", "low-light", "perspective", "glare", "moire", "motion", "rotated", "small"]
SEED = 20261130


class Program:
    """examples/sight-frames in one of its modes."""

    def __init__(self, path, mode):
        self.process = subprocess.Popen([path, mode], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def read(self, grey):
        height, width = grey.shape
        self.process.stdin.write(b"%d %d\n" % (width, height) + grey.tobytes())
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return [one["text"] for one in answer["read"]], answer["cpu_ns"] / 1e6


def of_zxing(grey):
    begun = time.thread_time_ns()
    codes = zxingcpp.read_barcodes(grey, formats=zxingcpp.BarcodeFormat.QRCodeModel2)
    spent = (time.thread_time_ns() - begun) / 1e6
    return [text_of(code.bytes, code.text) for code in codes], spent


def of_zbar(grey):
    if pyzbar is None:
        return [], 0.0
    height, width = grey.shape
    begun = time.thread_time_ns()
    codes = pyzbar.decode((grey.tobytes(), width, height), symbols=[pyzbar.ZBarSymbol.QRCODE])
    spent = (time.thread_time_ns() - begun) / 1e6
    return [text_of(code.data, "") for code in codes], spent


def text_of(data, otherwise):
    try:
        return bytes(data).decode()
    except UnicodeDecodeError:
        return otherwise


class Score:
    def __init__(self):
        self.count = Counter()
        self.ms = []

    def add(self, verdict, ms):
        self.count[verdict] += 1
        self.ms.append(ms)

    def share(self):
        return self.count["read"] / max(1, sum(self.count.values()))

    def mean_ms(self):
        return statistics.fmean(self.ms) if self.ms else 0.0


def verdict(entry, texts):
    if entry["negative"]:
        return "misread" if texts else "none"
    expected = entry["expect"]
    if expected:
        if any(text not in expected for text in texts):
            return "misread"
        return "read" if texts else "missed"
    return "read" if texts else "missed"


def kind_of(entry):
    return "negative" if entry["negative"] else "labelled" if entry["expect"] else "unlabelled"


def score_photos(folder, readers):
    scores = defaultdict(Score)
    alone = Counter()
    for entry in json.loads((folder / "manifest.json").read_text()):
        photo = numpy.asarray(Image.open(folder / entry["file"]).convert("L"))
        said = defaultdict(Counter)
        for turn in TURNS:
            grey = numpy.ascontiguousarray(numpy.rot90(photo, -turn))
            for engine, reader in readers.items():
                texts, ms = reader(grey)
                said[engine].update(set(texts))
                result = verdict(entry, texts)
                for group in (kind_of(entry), "set:" + entry["file"].split("/")[0], f"{kind_of(entry)}@{turn}"):
                    scores[engine, group].add(result, ms)
        others = set(said["zxing-cpp"]) | set(said["zbar"]) | set(said["rqrr"])
        if kind_of(entry) == "unlabelled":
            # Read once by the scanner and by nobody else: not proved wrong, but told.
            alone["unconfirmed"] += sum(1 for text, times in said["chit"].items() if times == 1 and text not in others)
    return scores, alone


def payer_frames(programs, cases, frames):
    command = [programs / "examples" / "payer-frames", str(cases), str(frames), str(SEED + frames)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    while line := process.stdout.readline():
        width, height, way, case, digits = line.decode().split()
        pixels = process.stdout.read(int(width) * int(height))
        yield way, case, digits, numpy.frombuffer(pixels, dtype=numpy.uint8).reshape(int(height), int(width))


def score_payers(programs, cases, readers):
    one, five = defaultdict(Score), defaultdict(set)
    for way, _, digits, grey in payer_frames(programs, cases, 1):
        for engine in ("chit", "zxing-cpp"):
            texts, ms = readers[engine](grey)
            result = "read" if texts == [digits] else "misread" if texts else "missed"
            one[engine, way].add(result, ms)
            one[engine, "all"].add(result, ms)
    asked = set()
    for way, case, digits, grey in payer_frames(programs, max(1, cases // 4), 5):
        asked.add((way, case))
        for engine in ("chit", "zxing-cpp"):
            if (way, case) not in five[engine] and digits in readers[engine](grey)[0]:
                five[engine].add((way, case))
    return one, {engine: len(seen) / max(1, len(asked)) for engine, seen in five.items()}


def hard_pictures():
    """Two million pixels that make a decoder work: noise, blocks, finder patterns in heaps."""
    random = numpy.random.default_rng(SEED)
    width, height = 1600, 1250
    yield random.integers(0, 256, (height, width), dtype=numpy.uint8)
    finder = numpy.full((9, 9), 255, numpy.uint8)
    finder[1:8, 1:8], finder[2:7, 2:7], finder[3:6, 3:6] = 0, 255, 0
    for side in (2, 3, 4, 5, 8):
        cells = random.integers(0, 2, (height // side + 1, width // side + 1)).astype(numpy.uint8) * 255
        for spotted in (False, True):
            for _ in range(60 if spotted else 0):
                y, x = random.integers(0, cells.shape[0] - 9), random.integers(0, cells.shape[1] - 9)
                cells[y : y + 9, x : x + 9] = finder
            yield numpy.kron(cells, numpy.ones((side, side), numpy.uint8))[:height, :width]


def spread(values):
    return {"median": round(statistics.median(values), 3), "min": round(min(values), 3), "max": round(max(values), 3)}


def main():
    folder, programs = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cases = int(sys.argv[3]) if len(sys.argv) > 3 else 40
    program = programs / "examples" / "sight-frames"
    running = {"chit": Program(program, "live"), "still": Program(program, "still"), "rqrr": Program(program, "rqrr")}
    readers = {
        "chit": running["chit"].read,
        "still": running["still"].read,
        "zxing-cpp": of_zxing,
        "zbar": of_zbar,
        "rqrr": running["rqrr"].read,
    }
    scores, alone = score_photos(folder, readers)
    one, five = score_payers(programs, cases, readers)
    hard = [numpy.ascontiguousarray(grey) for grey in hard_pictures()]
    heaviest = max(readers[engine](grey)[1] for grey in hard for engine in ("chit", "still"))
    photos = [ms for (engine, group), score in scores.items() if engine == "chit" and "@" not in group for ms in score.ms]
    heaviest = max([heaviest, *photos])

    print(f"{'':24}" + "".join(f"{engine:>22}" for engine in ENGINES))
    groups = [group for group in ("labelled", "unlabelled", "negative") if ("chit", group) in scores]
    groups += sorted({group for _, group in scores if group.startswith("set:")})
    for group in groups:
        cells = []
        for engine in ENGINES:
            score = scores[engine, group]
            count = score.count
            cells.append(f"{count['read']}/{count['missed']}/{count['misread']} {score.mean_ms():.2f} ms")
        print(f"{group.removeprefix('set:'):24}" + "".join(f"{cell:>22}" for cell in cells))
    print("(read/missed/misread, mean processor time a frame; chit = one frame of many, still = every way)")
    for way in [*WAYS, "all"]:
        cells = [f"{100 * one[engine, way].share():.1f} % {one[engine, way].mean_ms():.2f} ms" for engine in ("chit", "zxing-cpp")]
        print(f"payer {way:18}{cells[0]:>22}{cells[1]:>22}")
    print(f"payer within five frames: {five}")

    def shares(group):
        ratios = [
            scores["chit", f"{group}@{turn}"].share() / max(0.001, scores["zxing-cpp", f"{group}@{turn}"].share()) for turn in TURNS
        ]
        return {**spread(ratios), "median": round(scores["chit", group].share() / max(0.001, scores["zxing-cpp", group].share()), 3)}

    def costs(kinds):
        def mean(engine, turn):
            return statistics.fmean(ms for kind in kinds for ms in scores[engine, f"{kind}@{turn}"].ms)

        kinds = [kind for kind in kinds if scores["chit", kind].ms]
        return spread([mean("chit", turn) / mean("zxing-cpp", turn) for turn in TURNS]) if kinds else spread([0.0])

    payer = one["chit", "all"].share() / max(0.001, one["zxing-cpp", "all"].share())
    ratios = {
        "labelled_share_vs_zxingcpp": shares("labelled"),
        "boofcv_share_vs_zxingcpp": shares("unlabelled"),
        "payer_share_vs_zxingcpp": spread([payer]),
        "cpu_vs_zxingcpp": costs(["labelled", "unlabelled"]),
        "cpu_nocode_vs_zxingcpp": costs(["negative"]),
    }
    misread = scores["chit", "labelled"].count["misread"] + one["chit", "all"].count["misread"]
    figures = {
        "misread": misread,
        "negatives_read": scores["chit", "negative"].count["misread"],
        "unconfirmed": alone["unconfirmed"],
        "payer_share_1_frame": round(one["chit", "all"].share(), 4),
        "payer_share_5_frames": round(five.get("chit", 0.0), 4),
        "frame_ms_max_2mp": round(heaviest, 1),
    }
    for (engine, group), score in scores.items():
        if group.startswith("set:") and engine in ("chit", "zxing-cpp"):
            name = group.removeprefix("set:")
            figures[f"read/{name}" if engine == "chit" else f"read_zxingcpp/{name}"] = round(score.share(), 4)
    report = pathlib.Path("target/bench/scanner.json")
    report.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(report.read_text()) if report.exists() else {"ratios": {}, "figures": {}}
    cpu = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    written = {
        "area": "scanner",
        "date": time.strftime("%Y-%m-%d"),
        "cpu": cpu,
        "rounds": len(TURNS),
        "ratios": {**known["ratios"], **ratios},
        "figures": {**known["figures"], **figures},
    }
    report.write_text(json.dumps(written, indent=1) + "\n")
    print(json.dumps({"ratios": ratios, "figures": figures}, indent=1))

    floors = {
        "labelled share": ratios["labelled_share_vs_zxingcpp"]["median"] >= 1.0,
        "share of the others": ratios["boofcv_share_vs_zxingcpp"]["median"] >= 1.0,
        "payer share": payer >= 1.0,
        "misread": misread == 0,
        "negatives": figures["negatives_read"] == 0,
        "time with a code": ratios["cpu_vs_zxingcpp"]["median"] <= 3.0,
        "time without": ratios["cpu_nocode_vs_zxingcpp"]["median"] <= 5.0,
        "time of one frame": heaviest <= 50.0,
    }
    broken = [name for name, holds in floors.items() if not holds]
    print("every floor holds" if not broken else f"floors broken: {', '.join(broken)}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
