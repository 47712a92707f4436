# Tests of the PostgreSQL extension: pg_regress and truth from elsewhere.
check-sql: pgtree ## the PostgreSQL extension, in a cluster of its own
	@PYTHON=$(PYTHON) VO_BUILD=$(BUILD) tests/sql/run.sh $(PGTREE) $(BUILD)/tests/sql
.PHONY: check-sql
