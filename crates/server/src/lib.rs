//! HTTP: the node's API, the log's static files, the overview page.
