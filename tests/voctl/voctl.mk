# Tests of voctl against a private PostgreSQL below build/tests/voctl.
CHECK_LAYERS += check-voctl
check-voctl: voctl pgsky pgtree ## voctl: loading, releases, checks (private PostgreSQL)
	@VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -m pytest -q -p no:cacheprovider \
	    tests/voctl

.PHONY: check-voctl
