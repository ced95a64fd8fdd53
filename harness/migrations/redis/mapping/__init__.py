"""What becomes of each key by the plan: mapped, counted, and every reason against it"""
