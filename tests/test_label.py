"""Labels from a few: the picks see no label, the spread ones are right, and what a person saved comes back."""

import numpy as np
import pandas as pd
import pytest

from pipeline.artifacts import Clustering, Images, Labels
from pipeline.config import Label
from pipeline.errors import UserError
from pipeline.labelling.answers import Answers, read_answers
from pipeline.labelling.pick import pick, unsureness
from pipeline.labelling.simulate import simulate, summary
from pipeline.labelling.spread import Spreader
from pipeline.stages.label import label
from tests.explorers import CHROMIUM, QUIET


def clustered(blobs, clusters=None):
    fitted = np.asarray(blobs.labels if clusters is None else clusters, np.int32)
    sure = np.ones(len(fitted), np.float32)
    held = np.asarray(blobs.held_labels, np.int32)
    centres = np.zeros((fitted.max() + 1, 8), np.float32)
    return Clustering(fitted, held, sure, sure[: len(held)], centres, "kmeans")


@pytest.fixture(scope="module")
def clustering(blobs):
    return clustered(blobs)


@pytest.fixture(scope="module")
def things(blobs, clustering):
    """Inputs of `label` for the blobs, whose images are their latents."""
    images = Images(
        blobs.latents.fitted.clip(0, 1).reshape(-1, 2, 4, 1), blobs.latents.held_out.clip(0, 1).reshape(-1, 2, 4, 1)
    )
    known = Labels(blobs.labels.astype(np.int32), blobs.held_labels.astype(np.int32), ["ant", "bee", "cat"])
    return {
        "images": images,
        "labels": known,
        "graph": blobs.graph,
        "features": blobs.features,
        "clustering": clustering,
    }


# Picking


def test_the_first_picks_are_typical_of_each_cluster(blobs, clustering):
    rows = pick(blobs.graph, blobs.features, clustering, 3)
    assert blobs.labels[rows].tolist() == [0, 1, 2], "the largest cluster comes first"
    for row in rows:
        members = blobs.latents.fitted[blobs.labels == blobs.labels[row]]
        distance = np.linalg.norm(members - members.mean(axis=0), axis=1)
        own = np.linalg.norm(blobs.latents.fitted[row] - members.mean(axis=0))
        assert own < np.median(distance)


@pytest.mark.parametrize("budget", [1, 2, 10, 60, 1000])
def test_picks_are_as_many_as_asked_and_no_image_comes_twice(blobs, clustering, budget):
    rows = pick(blobs.graph, blobs.features, clustering, budget)
    assert len(rows) == len(set(rows.tolist())) == min(budget, len(blobs.labels))


def test_the_same_seed_picks_the_same(blobs, clustering):
    first, second = (pick(blobs.graph, blobs.features, clustering, 20, seed=3) for _ in range(2))
    assert np.array_equal(first, second)


def test_equal_images_can_be_picked_too(blobs, clustering):
    flat = blobs.features
    flat = type(flat)(np.zeros_like(flat.fitted), flat.held_out, "latents")
    assert len(set(pick(blobs.graph, flat, clustering, 12).tolist())) == 12


def test_more_is_asked_where_the_clusters_are_unsure(blobs):
    """Of one group, half was put into another cluster at random: that is where a label tells most."""
    rng = np.random.default_rng(0)
    clusters = np.where((blobs.labels == 0) & (rng.random(len(blobs.labels)) < 0.5), 1, blobs.labels)
    unsure = unsureness(blobs.graph, clusters)
    assert unsure[blobs.labels == 0].mean() > 0.3
    assert unsure[blobs.labels == 2].max() < 1e-9
    rows = pick(blobs.graph, blobs.features, clustered(blobs, clusters), 23)[3:]
    assert (blobs.labels[rows] == 0).mean() > 0.7


def test_noise_is_unsure(blobs):
    clusters = np.where(blobs.labels == 1, -1, blobs.labels)
    assert unsureness(blobs.graph, clusters)[blobs.labels == 1].min() > 0.9


# Spreading


def test_one_label_a_group_labels_everything(blobs):
    rows = np.array([np.flatnonzero(blobs.labels == group)[5] for group in range(3)])
    none = np.full(len(blobs.labels), -1, np.int32)
    found, confidence = Spreader(blobs.graph, blobs.features, none)(rows, np.arange(3, dtype=np.int32), 3)
    assert np.array_equal(found, blobs.labels)
    assert (confidence > 0.9).all()
    assert (confidence[rows] == 1).all()


def test_what_no_label_reaches_stays_without(blobs):
    rows = np.flatnonzero(blobs.labels == 0)[:2]
    none = np.full(len(blobs.labels), -1, np.int32)
    found, confidence = Spreader(blobs.graph, blobs.features, none)(rows, np.zeros(2, np.int32), 3)
    assert (found[blobs.labels != 0] == -1).all()
    assert (confidence[blobs.labels != 0] == 0).all()


def test_clusters_carry_labels_where_the_graph_does_not(blobs):
    """With groups 1 and 2 in one cluster, a label in 1 reaches 2 though no edge does."""
    clusters = np.minimum(blobs.labels, 1).astype(np.int32)
    rows = np.array([np.flatnonzero(blobs.labels == group)[0] for group in (0, 1)])
    found, _ = Spreader(blobs.graph, blobs.features, clusters)(rows, np.array([0, 1], np.int32), 2)
    assert np.array_equal(found, clusters)


def test_a_persons_own_answer_is_never_changed(blobs, clustering):
    rows = np.flatnonzero(blobs.labels == 0)[:9]
    given = np.array([0] * 8 + [1], np.int32)
    found, _ = Spreader(blobs.graph, blobs.features, clustering.fitted)(rows, given, 2)
    assert np.array_equal(found[rows], given)


def test_the_simulated_person_is_counted_on_other_images_alone(blobs, clustering):
    table = simulate(blobs.graph, blobs.features, clustering, blobs.labels.astype(np.int32), [3, 10, 9999], 2)
    assert set(table["budget"]) == {3, 10}, "a budget beyond the images is left out"
    assert (table[table["way"] == "picked"]["accuracy"] == 1).all()
    row = summary(table).iloc[0]
    assert row["picked"] == 1
    assert row["picked_sd"] == 0
    assert row["random"] <= 1


def test_mistakes_of_the_clusters_count_against_the_labels(blobs):
    wrong = np.where(np.arange(len(blobs.labels)) % 10 == 0, (blobs.labels + 1) % 3, blobs.labels)
    table = simulate(blobs.graph, blobs.features, clustered(blobs), wrong.astype(np.int32), [3], 1)
    assert table[table["way"] == "picked"]["accuracy"].iloc[0] == pytest.approx(0.9, abs=0.02)


# Answers


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_answers_come_back_with_commas_and_quotes_in_them(tmp_path):
    file = write(tmp_path / "answers.csv", '\ufeffimage,label\n"a,b.png","say ""hi"""\nc.png, 10 \nd.png,2\ne.png,\n')
    answers = read_answers(file, ["c.png", "d.png", "e.png", "a,b.png"])
    assert answers.names == ["2", "10", 'say "hi"'], "numbers in their order, then words"
    assert dict(zip(answers.rows.tolist(), answers.labels.tolist(), strict=True)) == {3: 2, 0: 1, 1: 0}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,name\na,b\n", "it needs image and label"),
        ("image,label\na,\n", "holds no label"),
        ("image,label\nz,cat\n", "1 images .* such as z; give the run"),
        ("image,label\na,cat\na,dog\n", "a has more than one label"),
        ("", "cannot be read as CSV"),
    ],
)
def test_answers_that_cannot_be_used_say_why(tmp_path, text, message):
    with pytest.raises(UserError, match=rf"^label\.answers: .*{message}"):
        read_answers(write(tmp_path / "answers.csv", text), ["a", "b"])


# The stage


def test_without_answers_there_is_a_page_and_no_labels(things, recorder):
    made = label(Label(budget=6, budgets=[3, 6], draws=2), **things, observer=recorder)
    assert made.labels is None
    assert len(made.picked) == 6
    assert made.metrics()["label/picked_3"] == 1
    assert "What labels buy" in made.html
    assert recorder.steps[-1] == (4, 4)


def test_answers_become_a_label_for_each_image(things, blobs, tmp_path):
    rows = np.array([np.flatnonzero(blobs.labels == group)[0] for group in range(3)])
    answers = Answers(rows, np.arange(3, dtype=np.int32), ["ant", "bee", "cat"])
    made = label(Label(budget=8, simulate=False), **things, answers=answers)
    words = np.array(answers.names)
    fitted, held = (made.labels[made.labels["part"] == part] for part in ("fitted", "held out"))
    assert (fitted["label"].to_numpy() == words[blobs.labels]).all()
    assert (held["label"].to_numpy() == words[blobs.held_labels]).all()
    assert made.labels["by_hand"].sum() == 3
    assert made.simulated is None
    assert len(made.picked) == 8, "the answered images and five more"
    made.save(tmp_path)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "labels.parquet"), made.labels)
    assert len(pd.read_csv(tmp_path / "labels.csv")) == len(made.labels)


def test_the_page_is_whole_and_takes_names_as_text(things, blobs):
    names = ["</script><b>", "ant"]
    answers = Answers(np.array([0, 1]), np.array([0, 1], np.int32), names)
    html = label(Label(budget=4, simulate=False), **things, answers=answers).html
    assert "</script><b>" not in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<script") == 2


def test_picks_do_not_depend_on_labels(things):
    blind = Labels(np.full(156, -1, np.int32), np.full(36, -1, np.int32))
    seeing, unseeing = (
        label(Label(simulate=False), **things | {"labels": known}) for known in (things["labels"], blind)
    )
    pd.testing.assert_frame_equal(seeing.picked, unseeing.picked)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
def test_the_keyboard_labels_and_saves(things, tmp_path):
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    made = label(Label(budget=4, simulate=False), **things | {"labels": Labels(*(np.empty(0, np.int32),) * 2)})
    (tmp_path / "label.html").write_text(made.html, encoding="utf-8")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        mistakes = []
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.goto((tmp_path / "label.html").as_uri())
        page.keyboard.type("ant, black")  # the field for a new label has the focus where there is none
        page.keyboard.press("Enter")
        page.keyboard.press("+")
        page.keyboard.type("b")
        page.keyboard.press("Enter")
        page.keyboard.press("1")
        page.keyboard.press("b")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Backspace")
        page.keyboard.press("b")
        assert page.locator("#done").text_content().startswith("4 of 4")
        page.reload()
        assert page.locator("#done").text_content().startswith("4 of 4"), "a reload loses nothing"
        with page.expect_download() as download:
            page.keyboard.press("Control+s")
        download.value.save_as(tmp_path / "answers.csv")
        browser.close()
    assert not mistakes
    answers = read_answers(str(tmp_path / "answers.csv"), things["images"].names("train"))
    assert sorted(answers.names) == ["ant, black", "b"]
    assert len(answers.rows) == 4
