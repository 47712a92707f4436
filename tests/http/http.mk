# Tests with a running private httpd and PostgreSQL, below build/tests/http.
# T= narrows them: make check-http T=scs ; PYTEST_ARGS= goes to pytest.
HTTP_T = $(if $(T),tests/http/$(T),tests/http)
check-http: modules voctl pgtree ## tests of the modules in a private httpd
	@VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider $(PYTEST_ARGS) $(HTTP_T)

.PHONY: check-http
