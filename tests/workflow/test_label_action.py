"""From image files to a finished file of labels: pick images, answer by hand, label the rest."""

import pandas as pd
import pytest

from pipeline.workflow.execution import execute_run
from pipeline.workflow.run_action import run_action
from tests.digit_files import write_digit_files
from tests.helpers import compose

RUN = (
    "data=image_folder", "data.image_size=12", "data.channels=1", "data.labels_from=folder", "model=pixels",
    "neighbors.k=10", "manifold=none", "project=pca", "cluster=kmeans", "stage=evaluate", "tracking.models=false",
    "tracking.git_commit=false", "evaluate.silhouette_sample=200", "evaluate.trustworthiness_sample=50",
)  # fmt: skip


@pytest.mark.slow
def test_answers_to_the_picked_images_give_a_label_for_each_image(outputs, tmp_path_factory):
    digits = write_digit_files(tmp_path_factory.mktemp("digits"), 300, 0)
    execute_run(compose(*RUN, f"data.path={digits / 'train'}", outputs=outputs), outputs / "first", [])
    words = ["stage=label", "label.budget=40", "label.budgets=[10]", "label.draws=2"]
    metrics = run_action(compose(*words, outputs=outputs), outputs / "picked", [])
    assert metrics["label/picked_10"] > metrics["label/random_10"]
    assert (outputs / "picked" / "label.html").stat().st_size > 20_000
    picked = pd.read_csv(outputs / "picked" / "picked.csv")
    assert len(picked) == 40
    answers = outputs / "answers.csv"
    picked.assign(label=[name.split("/")[0] for name in picked["image"]]).to_csv(answers, index=False)
    words = ["stage=label", f"label.answers={answers}", "label.simulate=false"]
    run_action(compose(*words, outputs=outputs), outputs / "labelled", [])
    labels = pd.read_parquet(outputs / "labelled" / "labels.parquet")
    assert len(labels) == 300
    assert labels["by_hand"].sum() == 40
    truth = labels["image"].str.split("/").str[0]
    assert (labels["label"] == truth)[~labels["by_hand"]].mean() > 0.75
