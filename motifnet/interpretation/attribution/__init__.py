"""Attribution: which bases of a sequence a prediction depends on."""
