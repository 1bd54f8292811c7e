"""How people live with alerts: followed from transitions, summed up per owner and in all, and told in one table."""
