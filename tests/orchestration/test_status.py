"""What `productops status` tells of files that no reader knows."""

from __future__ import annotations

from orchestration.cli import main


def test_a_file_of_no_known_source_is_told_as_such(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PRODUCTOPS_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("PRODUCTOPS_DATA", str(tmp_path / "data"))
    assert main(["init", "--empty"]) == 0
    file = tmp_path / "colours.csv"
    file.write_text("name,colour\nx,red\n")
    main(["ingest", str(file)])
    capsys.readouterr()
    assert main(["status"]) == 0
    told = capsys.readouterr().out
    assert "of no known source, refused: 1 files, 0 records" in told
    assert "None" not in told
