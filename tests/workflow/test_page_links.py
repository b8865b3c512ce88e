"""What a page learns about its run when it is copied into the run's folder."""

from pipeline.workflow.page_links import PLACEHOLDER, link_pages


def write_pages(folder, *names):
    for name in names:
        (folder / f"{name}.html").write_text(f"<header>{PLACEHOLDER}</header>")


def test_pages_of_a_run_link_to_each_other_and_name_the_run(tmp_path):
    write_pages(tmp_path, "report", "explorer")
    link_pages(tmp_path, ["report", "explorer"], "12ab")
    html = (tmp_path / "explorer.html").read_text()
    assert '<meta name="run-id" content="12ab">' in html
    assert 'href="report.html"' in html
    assert 'href="explorer.html"' not in html


def test_a_single_page_names_the_run_and_has_no_links(tmp_path):
    write_pages(tmp_path, "explorer")
    link_pages(tmp_path, ["explorer"], "12ab")
    assert (tmp_path / "explorer.html").read_text() == '<header><meta name="run-id" content="12ab"></header>'
