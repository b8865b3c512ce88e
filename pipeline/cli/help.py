"""The text of `--help`, from the recipe and the configuration folder, without heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.runtime.paths import conf_dir

HEAD = """\
Train a convolutional autoencoder, cluster its latent space, draw a map, score the clusters, and log to MLflow.

usage: python -m pipeline [stage=…] [group=choice …] [group.key=value …]
       python -m pipeline --multirun key=a,b,c          a sweep over all combinations, under one parent run

examples
  python -m pipeline                                    all stages on MNIST
  python -m pipeline data=digits                        1,797 small digits, under a minute
  python -m pipeline cluster=kmeans cluster.k=12        another clusterer; finished stages are reused
  python -m pipeline stage=[cluster,evaluate] manifold=none
  python -m pipeline data=image_folder data.path=FOLDER data.image_size=32
  python -m pipeline stage=assign input=FOLDER_OR_FILE  assign new images to the clusters
  python -m pipeline --multirun model.latent_dim=8,16,32,64
  python -m pipeline --multirun sweep=clusterers
"""
TAIL = """\
more
  --help NAME          the settings of a group, a choice, a stage or an action: --help cluster, --help data=csv
  --version            print the version
  --cfg job            print the composed configuration and exit
  --info defaults      print which file each part comes from
  --hydra-help         options of Hydra
  HYDRA_FULL_ERROR=1   show tracebacks
"""


def help_text() -> str:
    """Return usage, stages in their order, actions, and groups with their choices, the default first."""
    from pipeline.workflow.actions import ACTIONS
    from pipeline.workflow.recipe import RECIPE

    stages = "\n".join(f"  {step.name:<11}{step.description}" for step in RECIPE)
    actions = "\n".join(f"  {action.name:<11}{action.description}" for action in ACTIONS.values())
    groups = "\n".join(f"  {name:<11}{choices}" for name, choices in group_choices(conf_dir()))
    return "\n".join(
        [
            HEAD,
            "stages (stage=all runs them in this order; finished results are reused)",
            stages,
            "\nactions (stage=NAME, one at a time, on the newest finished run or run=ID)",
            actions,
            "\ngroups (group=choice; the choice in brackets is the default)",
            groups,
            "\n" + TAIL,
        ]
    )


def group_choices(conf: Path) -> Iterator[tuple[str, str]]:
    """Return each group with the names of its choices, the default first and in brackets."""
    defaults = dict(_defaults(conf / "config.yaml"))
    for folder in sorted(path for path in conf.iterdir() if path.is_dir()):
        default = defaults.get(folder.name, "")
        names = sorted((file.stem for file in folder.glob("*.yaml")), key=lambda name: (name != default, name))
        if names:
            yield folder.name, "  ".join(f"[{name}]" if name == default else name for name in names)


def _defaults(file: Path) -> Iterator[tuple[str, str]]:
    """Pairs of group and choice in the defaults list, without a YAML parser, which would take most of the time."""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith("  - ") and ": " in line:
            group, _, choice = line[4:].removeprefix("optional ").partition(": ")
            yield group, choice.partition("#")[0].strip()
