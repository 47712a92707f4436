# Tests with a running private httpd and PostgreSQL, below build/tests/http.
# T= narrows them: make check-http T=scs ; PYTEST_ARGS= goes to pytest. What
# takes its time is in faults/long, for check-faults.
HTTP_T = $(if $(T),tests/http/$(T),tests/http --ignore=tests/http/faults/long)
check-http: modules voctl pgtree ## tests of the modules in a private httpd
	@VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider $(PYTEST_ARGS) $(HTTP_T)

.PHONY: check-http
