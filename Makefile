# Two commands: `make run` does the main job, `make test` runs every test. Each sets up what
# it needs in this folder: uv in .uv, the locked dependencies in .venv.

UV := .uv/bin/uv
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
# Some images forbid Python to keep compiled modules: each command would compile all of its own anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test lint format bench bench-full bench-scale bench-main-job clean
.DEFAULT_GOAL := run

run: .venv/.synced
	$(BIN)/boxout run

test: .venv/.synced lint
	$(BIN)/pytest -n 2 --dist worksteal

lint: .venv/.synced
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy

format: .venv/.synced
	$(BIN)/ruff check --fix src tests benchmarks
	$(BIN)/ruff format src tests benchmarks

# The quick set, in under ten minutes, into benchmarks/RESULTS.md.
bench: .venv/.synced
	$(BIN)/python -m benchmarks.side_by_side --quick

bench-full: .venv/.synced
	$(BIN)/python -m benchmarks.side_by_side

bench-scale: .venv/.synced
	$(BIN)/python -m benchmarks.scale

bench-main-job: .venv/.synced
	$(BIN)/python benchmarks/main_job.py

clean:
	rm -rf .uv .venv .boxout .boxout-simulated .pytest_cache .mypy_cache .ruff_cache benchmarks/.envs benchmarks/.work

# --target needs neither the venv module nor leave to install into the system's Python.
$(UV):
	python3 -m pip install --quiet --disable-pip-version-check --target .uv uv

.venv/.synced: $(UV) pyproject.toml uv.lock
	$(UV) sync --quiet --frozen
	@touch $@
