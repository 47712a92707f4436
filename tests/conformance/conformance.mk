# Outside validators and clients against a private server with the demo
# release. T= narrows, PYTEST_ARGS= goes to pytest.
CONFORMANCE_T = $(if $(T),tests/conformance/$(T),tests/conformance)
check-conformance: modules voctl pgtree ## STILTS, pyvo, astroquery, fitsverify against the demo
	@VO_BUILD=$(abspath $(BUILD)) $(PYTHON) -B -m pytest -q -p no:cacheprovider $(PYTEST_ARGS) $(CONFORMANCE_T)

.PHONY: check-conformance
