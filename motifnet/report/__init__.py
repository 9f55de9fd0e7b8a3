"""A folder of results as one HTML page that anybody can open: `motifnet.report.page.write_report`."""
