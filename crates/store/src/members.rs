//! The people of an installation, behind [`MemberStore`].
//!
//! Law: a code opens once, a tenant keeps one owner, and both are decided inside the transaction that changes them:
//! whoever takes an owner away first locks the tenant's row.

use app::ports::store::{MemberStore, RoleChange};
use async_trait::async_trait;
use domain::member::{Invitation, Member, Role, SignIn, User};
use domain::time::Timestamp;
use domain::{OrganizationId, UserId};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::errors::{failed, taken};
use crate::rows::{invitations, members, micros, organizations, sign_ins, users};
use crate::transaction::Transaction;
use crate::{SqlStore, Stored};

#[async_trait]
impl MemberStore for SqlStore {
    async fn has_users(&self) -> Stored<bool> {
        Ok(users::Entity::find().count(&self.reads).await.map_err(failed)? > 0)
    }

    async fn insert_member(&self, member: &Member, invitation: Option<&Invitation>) -> Stored<()> {
        let (member, invitation) = (member.clone(), invitation.cloned());
        self.change(move |tx| {
            Box::pin(async move {
                insert(tx, &member).await?;
                match &invitation {
                    Some(invitation) => insert_code(tx, invitation).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    async fn join(&self, code_sha256: [u8; 32], user: UserId, now: Timestamp) -> Stored<Option<Invitation>> {
        self.change(move |tx| Box::pin(async move { join(tx, code_sha256, user, now).await })).await
    }

    async fn insert_first_owner(&self, code_sha256: [u8; 32], user: &User, now: Timestamp) -> Stored<Option<Member>> {
        let user = user.clone();
        self.change(move |tx| Box::pin(async move { first_owner(tx, code_sha256, user, now).await })).await
    }

    async fn invite(&self, invitation: &Invitation, now: Timestamp) -> Stored<()> {
        let invitation = invitation.clone();
        self.change(move |tx| {
            Box::pin(async move {
                let over = invitations::Column::ExpiresAt.lte(micros(now));
                invitations::Entity::delete_many().filter(over).exec(tx).await.map_err(failed)?;
                if let (Some(user), None) = (invitation.user, invitation.role) {
                    forget_codes(tx, user).await?;
                }
                insert_code(tx, &invitation).await
            })
        })
        .await
    }

    async fn invitation(&self, code_sha256: [u8; 32]) -> Stored<Option<Invitation>> {
        let row = invitations::Entity::find_by_id(code_sha256.to_vec()).one(&self.reads).await.map_err(failed)?;
        row.map(invitations::from_row).transpose()
    }

    async fn accept(
        &self,
        code_sha256: [u8; 32],
        name: Option<String>,
        password: String,
        now: Timestamp,
    ) -> Stored<Option<Invitation>> {
        self.change(move |tx| Box::pin(async move { accept(tx, code_sha256, name, password, now).await })).await
    }

    async fn user_by_email(&self, email: &str) -> Stored<Option<User>> {
        let row = users::Entity::find().filter(users::Column::Email.eq(email)).one(&self.reads).await;
        row.map_err(failed)?.map(users::from_row).transpose()
    }

    async fn member(&self, organization: OrganizationId, user: UserId) -> Stored<Option<Member>> {
        let row = members::Entity::find_by_id((organization.0, user.0)).find_also_related(users::Entity);
        row.one(&self.reads).await.map_err(failed)?.map(members::from_rows).transpose()
    }

    async fn members(&self, organization: OrganizationId) -> Stored<Vec<Member>> {
        let rows = members::Entity::find()
            .filter(members::Column::Organization.eq(organization.0))
            .find_also_related(users::Entity)
            .order_by_asc(members::Column::Since)
            .order_by_asc(members::Column::Person)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        rows.into_iter().map(members::from_rows).collect()
    }

    async fn places(&self, user: UserId) -> Stored<Vec<(OrganizationId, String, Role)>> {
        let held = members::Entity::find().filter(members::Column::Person.eq(user.0));
        let held = held.all(&self.reads).await.map_err(failed)?;
        let tenants = organizations::Entity::find()
            .filter(organizations::Column::Id.is_in(held.iter().map(|row| row.organization)))
            .order_by_asc(organizations::Column::Name)
            .all(&self.reads)
            .await
            .map_err(failed)?;
        let places = tenants.into_iter().filter_map(|tenant| {
            let place = held.iter().find(|row| row.organization == tenant.id)?;
            Some(members::role(&place.role).map(|role| (OrganizationId(tenant.id), tenant.name, role)))
        });
        places.collect()
    }

    async fn change_role(&self, organization: OrganizationId, user: UserId, role: Role) -> Stored<RoleChange> {
        self.change(move |tx| {
            Box::pin(async move {
                let found = standing(tx, organization, user, Some(role)).await?;
                if found == RoleChange::Done {
                    members::Entity::update_many()
                        .col_expr(members::Column::Role, Expr::value(role.as_str()))
                        .filter(members::Column::Organization.eq(organization.0))
                        .filter(members::Column::Person.eq(user.0))
                        .exec(tx)
                        .await
                        .map_err(failed)?;
                }
                Ok(found)
            })
        })
        .await
    }

    async fn remove_member(&self, organization: OrganizationId, user: UserId) -> Stored<RoleChange> {
        self.change(move |tx| Box::pin(async move { remove(tx, organization, user).await })).await
    }

    async fn sign_in(&self, sign_in: &SignIn) -> Stored<()> {
        let sign_in = sign_in.clone();
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let over = sign_ins::Column::ExpiresAt.lte(micros(sign_in.created_at));
                    sign_ins::Entity::delete_many().filter(over).exec(tx).await.map_err(failed)?;
                    let row = sign_ins::to_row(&sign_in);
                    sign_ins::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
                })
            })
            .await
    }

    async fn signed_in(&self, token_sha256: [u8; 32], now: Timestamp) -> Stored<Option<(SignIn, Member)>> {
        let row = sign_ins::Entity::find_by_id(token_sha256.to_vec())
            .filter(sign_ins::Column::ExpiresAt.gt(micros(now)))
            .one(&self.reads)
            .await
            .map_err(failed)?;
        let Some(sign_in) = row.map(sign_ins::from_row).transpose()? else { return Ok(None) };
        let member = self.member(sign_in.organization, sign_in.user).await?;
        Ok(member.map(|member| (sign_in, member)))
    }

    async fn update_sign_in(&self, sign_in: &SignIn) -> Stored<()> {
        let sign_in = sign_in.clone();
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    sign_ins::Entity::update_many()
                        .col_expr(sign_ins::Column::Organization, Expr::value(sign_in.organization.0))
                        .col_expr(sign_ins::Column::ExpiresAt, Expr::value(micros(sign_in.expires_at)))
                        .filter(sign_ins::Column::TokenSha256.eq(sign_in.token_sha256.to_vec()))
                        .exec(tx)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn sign_out(&self, token_sha256: [u8; 32]) -> Stored<()> {
        self.writer
            .run(move |tx| {
                Box::pin(async move {
                    let gone = sign_ins::Entity::delete_by_id(token_sha256.to_vec()).exec(tx).await;
                    gone.map(drop).map_err(failed)
                })
            })
            .await
    }
}

async fn insert(tx: &Transaction, member: &Member) -> Stored<()> {
    let user = users::to_row(&member.user);
    users::Entity::insert(user).exec_without_returning(tx).await.map_err(taken("user"))?;
    let place = members::to_row(member);
    members::Entity::insert(place).exec_without_returning(tx).await.map(drop).map_err(taken("member"))
}

async fn insert_code(tx: &Transaction, invitation: &Invitation) -> Stored<()> {
    let row = invitations::to_row(invitation);
    invitations::Entity::insert(row).exec_without_returning(tx).await.map(drop).map_err(failed)
}

async fn forget_codes(tx: &Transaction, user: UserId) -> Stored<()> {
    let of_them = invitations::Column::Person.eq(user.0);
    invitations::Entity::delete_many().filter(of_them).exec(tx).await.map(drop).map_err(failed)
}

/// Takes the code if it lets in and suits: of two who come at once, one deletes the row.
async fn take_code(
    tx: &Transaction,
    code: [u8; 32],
    now: Timestamp,
    suits: impl Fn(&Invitation) -> bool + Send,
) -> Stored<Option<Invitation>> {
    let row = invitations::Entity::find_by_id(code.to_vec()).one(tx).await.map_err(failed)?;
    let found = row.map(invitations::from_row).transpose()?;
    let Some(invitation) = found.filter(|code| now < code.expires_at && suits(code)) else { return Ok(None) };
    let gone = invitations::Entity::delete_by_id(code.to_vec()).exec(tx).await.map_err(failed)?;
    Ok((gone.rows_affected > 0).then_some(invitation))
}

async fn first_owner(tx: &Transaction, code: [u8; 32], user: User, now: Timestamp) -> Stored<Option<Member>> {
    let Some(invitation) = take_code(tx, code, now, |code| code.user.is_none()).await? else { return Ok(None) };
    hold(tx, invitation.organization).await?;
    if users::Entity::find().count(tx).await.map_err(failed)? > 0 {
        return Ok(None);
    }
    let nobodys = invitations::Column::Person.is_null();
    invitations::Entity::delete_many().filter(nobodys).exec(tx).await.map_err(failed)?;
    let owner = Member { user, organization: invitation.organization, role: Role::Owner, since: now };
    insert(tx, &owner).await?;
    Ok(Some(owner))
}

async fn accept(
    tx: &Transaction,
    code: [u8; 32],
    name: Option<String>,
    password: String,
    now: Timestamp,
) -> Stored<Option<Invitation>> {
    let sets_password = |code: &Invitation| code.user.is_some() && code.role.is_none();
    let Some(invitation) = take_code(tx, code, now, sets_password).await? else { return Ok(None) };
    let Some(user) = invitation.user else { return Ok(None) };
    forget_codes(tx, user).await?;
    let mut update = users::Entity::update_many()
        .col_expr(users::Column::Password, Expr::value(password))
        .filter(users::Column::Id.eq(user.0));
    if let Some(name) = name {
        update = update.col_expr(users::Column::Name, Expr::value(name));
    }
    let set = update.exec(tx).await.map_err(failed)?;
    let elsewhere = sign_ins::Column::Person.eq(user.0);
    sign_ins::Entity::delete_many().filter(elsewhere).exec(tx).await.map_err(failed)?;
    Ok((set.rows_affected > 0).then_some(invitation))
}

async fn join(tx: &Transaction, code: [u8; 32], user: UserId, now: Timestamp) -> Stored<Option<Invitation>> {
    let for_them = |code: &Invitation| code.user == Some(user) && code.role.is_some();
    let Some(invitation) = take_code(tx, code, now, for_them).await? else { return Ok(None) };
    let Some(role) = invitation.role else { return Ok(None) };
    let place = members::ActiveModel {
        organization: Set(invitation.organization.0),
        person: Set(user.0),
        role: Set(role.as_str().to_owned()),
        since: Set(micros(now)),
    };
    members::Entity::insert(place).exec_without_returning(tx).await.map_err(taken("member"))?;
    Ok(Some(invitation))
}

/// Holds the tenant's row, so that nobody else counts its owners meanwhile.
async fn hold(tx: &Transaction, organization: OrganizationId) -> Stored<()> {
    organizations::Entity::update_many()
        .col_expr(organizations::Column::Name, Expr::col(organizations::Column::Name))
        .filter(organizations::Column::Id.eq(organization.0))
        .exec(tx)
        .await
        .map(drop)
        .map_err(failed)
}

/// Whether a person's role may become `role`, or nothing at all.
async fn standing(
    tx: &Transaction,
    organization: OrganizationId,
    user: UserId,
    role: Option<Role>,
) -> Stored<RoleChange> {
    hold(tx, organization).await?;
    let of_tenant = members::Entity::find().filter(members::Column::Organization.eq(organization.0));
    let Some(found) = of_tenant.clone().filter(members::Column::Person.eq(user.0)).one(tx).await.map_err(failed)?
    else {
        return Ok(RoleChange::NoMember);
    };
    if members::role(&found.role)? != Role::Owner || role == Some(Role::Owner) {
        return Ok(RoleChange::Done);
    }
    let others = of_tenant.filter(members::Column::Role.eq(Role::Owner.as_str()));
    let others = others.filter(members::Column::Person.ne(user.0)).count(tx).await.map_err(failed)?;
    Ok(if others > 0 { RoleChange::Done } else { RoleChange::LastOwner })
}

async fn remove(tx: &Transaction, organization: OrganizationId, user: UserId) -> Stored<RoleChange> {
    let found = standing(tx, organization, user, None).await?;
    if found != RoleChange::Done {
        return Ok(found);
    }
    members::Entity::delete_by_id((organization.0, user.0)).exec(tx).await.map_err(failed)?;
    let there = sign_ins::Column::Organization.eq(organization.0);
    let theirs = sign_ins::Entity::delete_many().filter(there).filter(sign_ins::Column::Person.eq(user.0));
    theirs.exec(tx).await.map_err(failed)?;
    // An account without a place is nobody's: its address can be used again.
    let places = members::Entity::find().filter(members::Column::Person.eq(user.0)).count(tx).await.map_err(failed)?;
    if places == 0 {
        forget_codes(tx, user).await?;
        users::Entity::delete_by_id(user.0).exec(tx).await.map_err(failed)?;
    }
    Ok(found)
}
